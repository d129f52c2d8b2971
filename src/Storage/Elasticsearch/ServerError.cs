using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Elastic.Transport;
using HttpMethod = Elastic.Transport.HttpMethod;

namespace Detection.Storage.Elasticsearch;

/// <summary>Errors of the server as <see cref="StoreException"/>. A server repeats content in its reasons: only types and names of fields are passed on.</summary>
internal static partial class ServerError
{
    public static StoreException Of(ApiCallDetails call, Answer answer, string node)
    {
        if (answer.Status == 0) return new StoreException(StoreFault.Unavailable, $"{node} does not answer: {Cause(call.OriginalException)}.", call.OriginalException);
        string text = Encoding.UTF8.GetString(answer.Body);
        if (IsFull(text)) return Full(node);
        return answer.Status switch
        {
            401 => new StoreException(StoreFault.Unavailable, $"{node} refuses the credentials (401): check ApiKey, or Username and Password."),
            403 => new StoreException(StoreFault.Unavailable, $"{node} does not allow it (403 {Type(answer)}): the account needs rights on the indices, aliases and templates of the prefix."),
            // Only templates and indices are put: there is no content in what is said about them.
            _ => new StoreException(StoreFault.Unavailable, $"{node} answers {answer.Status} {Type(answer)} to {call.HttpMethod} {call.Uri?.AbsolutePath}{(call.HttpMethod == HttpMethod.PUT ? ": " + Text(answer, "reason") : "")}."),
        };
    }

    public static StoreException Full(string node) =>
        new(StoreFault.Full, $"{node} has no room on its disk: make room, and lift the block of its indices if there is one. What is sent again is not stored twice.");

    /// <summary>The disk is full, or the server closed its indices to writes because it nearly is.</summary>
    public static bool IsFull(string? reason) => reason is not null
        && (reason.Contains("No space left on device", StringComparison.Ordinal) || reason.Contains("read-only-allow-delete", StringComparison.Ordinal) || reason.Contains("read-only / allow delete", StringComparison.Ordinal));

    /// <summary>Why a document was refused: the type of the error, and the field where the server names it.</summary>
    public static string Refusal(string? type, string? reason) =>
        $"The server refused the document: {type ?? "unknown"}{(FieldName().Match(reason ?? "") is { Success: true } field ? $" at the field {field.Groups[1].Value}" : "")}.";

    /// <summary>The error's type in an answer, for example <c>index_not_found_exception</c>.</summary>
    public static string Type(Answer answer) => Text(answer, "type");

    private static string Text(Answer answer, string name)
    {
        try { return answer.Json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var text) ? text.GetString() ?? "" : ""; }
        catch (JsonException) { return ""; }
    }

    private static string Cause(Exception? failure)
    {
        var root = failure?.GetBaseException();
        return root is null or OperationCanceledException ? "the time for it is over (RequestTimeout)" : root is TransportException ? "the connection failed" : root.Message.TrimEnd('.');
    }

    [GeneratedRegex(@"(?:field|introduction of) \[([A-Za-z0-9_.@]{1,100})\]")]
    private static partial Regex FieldName();
}
