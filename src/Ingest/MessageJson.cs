using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>Messages as they come over HTTP, on a stream and in JSON lines.</summary>
public static class MessageJson
{
    private const int MaxDepth = 16;

    /// <exception cref="IngestException">Names the field that is wrong.</exception>
    public static Message Parse(ReadOnlySpan<byte> json)
    {
        using var document = Document(json);
        return One(document.RootElement, "");
    }

    /// <summary>One message, or an array of them.</summary>
    /// <exception cref="IngestException">Names the element and the field that is wrong.</exception>
    public static IReadOnlyList<Message> ParseMany(ReadOnlySpan<byte> json)
    {
        using var document = Document(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array) return [One(document.RootElement, "")];
        return [.. document.RootElement.EnumerateArray().Select((element, i) => One(element, $"[{i}]."))];
    }

    /// <summary>A mail as a message: one character a byte.</summary>
    public static Message FromMail(ReadOnlyMemory<byte> mail) => new() { Raw = Encoding.Latin1.GetString(mail.Span), RawEncoding = "latin1", Channel = Channel.Email };

    private static JsonDocument Document(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        if (!System.Text.Unicode.Utf8.IsValid(json)) throw new IngestException("Not JSON: the bytes are not UTF-8.");
        json = LoneSurrogates.Replace(json);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            var document = JsonDocument.ParseValue(ref reader);
            return HasMore(ref reader) ? throw new IngestException("There is more after the JSON value.") : document;
        }
        catch (JsonException wrong) { throw new IngestException($"Not JSON: line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine}.", wrong); }
    }

    private static bool HasMore(ref Utf8JsonReader reader)
    {
        try { return reader.Read(); }
        catch (JsonException) { return true; }
    }

    private static Message One(JsonElement element, string at)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new IngestException($"{(at.Length == 0 ? "The message" : at.TrimEnd('.'))} is no JSON object.");
        var message = Deserialise<Message>(element, at)!;
        if (message.SentAt is null && Find(element, "timestamp") is { } timestamp) message = message with { SentAt = Deserialise<DateTimeOffset?>(timestamp, at + "timestamp") };
        if (Find(element, "channel") is null && Find(element, "domain") is { ValueKind: JsonValueKind.String } domain) message = message with { Channel = ChannelNames.Parse(domain.GetString()) };
        return message.Text is null && message.Html is null && message.Raw is null
            ? throw new IngestException($"One of {at}text, {at}html, {at}raw is needed.")
            : message;
    }

    private static T? Deserialise<T>(JsonElement element, string at)
    {
        try { return element.Deserialize<T>(ContractJson.Options); }
        catch (JsonException wrong) { throw new IngestException($"{at}{wrong.Path?.TrimStart('$', '.')}: not of the kind that the contract asks for.", wrong); }
    }

    private static JsonElement? Find(JsonElement element, string name)
    {
        foreach (var property in element.EnumerateObject())
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind != JsonValueKind.Null) return property.Value;
        return null;
    }
}
