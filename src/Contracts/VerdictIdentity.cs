using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Contracts;

/// <summary>Ids that every machine computes alike.</summary>
public static class VerdictIdentity
{
    private static readonly JsonSerializerOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>First 32 hexadecimal digits of SHA-256 over the length-prefixed message id, judged content, bundle hash and rule hash.</summary>
    public static string VerdictId(string messageId, string contentSha256, string bundleSha256, string ruleSha256) =>
        Hash(messageId, contentSha256, bundleSha256, ruleSha256)[..32];

    /// <summary>SHA-256 (lower-case hexadecimal) over the length-prefixed subject and text of an extracted message.</summary>
    public static string ContentSha256(Message message) => Hash(message.Subject ?? "", message.Text ?? "");

    /// <summary>The id of a message that brings none: <c>sha256:</c> + hexadecimal over canonical JSON (sorted keys, absent fields left out) of what was sent.</summary>
    public static string MessageId(Message message)
    {
        var fields = new JsonObject();
        if (message.Author is { } author) fields["author"] = Sorted(("address", author.Address), ("id", author.Id), ("name", author.Name));
        fields["channel"] = message.Channel.Name();
        Add("html", message.Html);
        Add("raw", message.Raw);
        if (message.Recipients is { } recipients)
            fields["recipients"] = new JsonArray([.. recipients.Select(to => Sorted(("address", to.Address), ("name", to.Name)))]);
        if (message.SentAt is { } sent) fields["sentAt"] = ContractJson.Time(sent);
        Add("subject", message.Subject);
        Add("text", message.Text);
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(fields.ToJsonString(Canonical))));

        void Add(string name, string? value)
        {
            if (value is not null) fields[name] = WellFormed(value);
        }
    }

    private static JsonObject Sorted(params (string Name, string? Value)[] fields)
    {
        var sorted = new JsonObject();
        foreach (var (name, value) in fields)
            if (value is not null) sorted[name] = WellFormed(value);
        return sorted;
    }

    /// <summary>Half a surrogate pair becomes U+FFFD, so that every language's UTF-8 encoder agrees.</summary>
    private static string WellFormed(string value) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));

    private static string Hash(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
