using System.Diagnostics;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Extensions;

namespace Detection.Streaming;

/// <summary>
/// CloudEvents 1.0 on record headers, binary mode (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md): attribute <c>x</c> is the header
/// <c>ce_x</c>, the data content type is <c>content-type</c>, the extension <c>partitionkey</c> is the record's key, the data is its value. The trace is <c>traceparent</c> and
/// <c>tracestate</c> (https://www.w3.org/TR/trace-context/), as OpenTelemetry's instrumentations write them.
/// </summary>
public static class CloudEventHeaders
{
    private const string Prefix = "ce_", Version = Prefix + "specversion", ContentType = "content-type", TraceParent = "traceparent", TraceState = "tracestate";

    /// <summary>An event of ours about <paramref name="data"/>.</summary>
    /// <param name="source">A URI reference, for example <c>detection/send</c>.</param>
    /// <param name="key">The record's key; null: none.</param>
    public static CloudEvent Event(string id, string source, string type, DateTimeOffset time, string contentType, ReadOnlyMemory<byte> data, string? key)
    {
        var made = new CloudEvent { Id = id, Source = new Uri(source, UriKind.RelativeOrAbsolute), Type = type, Time = time.ToUniversalTime(), DataContentType = contentType, Data = data };
        return key is null ? made : made.SetPartitionKey(key);
    }

    /// <param name="message">Its data is bytes (<c>byte[]</c> or <c>ReadOnlyMemory&lt;byte&gt;</c>) or null.</param>
    /// <exception cref="ArgumentException">A required attribute is missing, or the data is not bytes.</exception>
    public static OutgoingRecord ToRecord(CloudEvent message)
    {
        if (!message.IsValid) throw new ArgumentException("The event lacks id, source or type.", nameof(message));
        List<KeyValuePair<string, string>> headers = [new(Version, message.SpecVersion.VersionId)];
        foreach (var (attribute, value) in message.GetPopulatedAttributes())
            if (attribute.Name is not ("datacontenttype" or "partitionkey")) headers.Add(new(Prefix + attribute.Name, attribute.Format(value)));
        if (message.DataContentType is { } contentType) headers.Add(new(ContentType, contentType));
        return new OutgoingRecord(message.GetPartitionKey(), Bytes(message.Data), headers);
    }

    /// <summary>Null: no header is an event's, so the value is a plain message.</summary>
    /// <exception cref="FormatException">Names the header that is missing or wrong.</exception>
    public static CloudEvent? Read(Delivery delivery)
    {
        if (!delivery.Headers.Any(header => IsAttribute(header.Key))) return null;
        string version = Find(delivery, Version) ?? throw new FormatException($"Header {Version} is missing.");
        if (version != "1.0") throw new FormatException($"Header {Version} must be 1.0.");
        var read = new CloudEvent(CloudEventsSpecVersion.V1_0, Partitioning.AllAttributes);
        foreach (var (name, value) in delivery.Headers)
            if (IsAttribute(name) && !name.Equals(Version, StringComparison.OrdinalIgnoreCase)) Set(read, name, value);
        foreach (string required in new[] { "id", "source", "type" })
            if (read[required] is null) throw new FormatException($"Header {Prefix}{required} is missing.");
        read.DataContentType = delivery.ContentType;
        if (delivery.Key is { Length: > 0 } key) read.SetPartitionKey(key);
        read.Data = delivery.Value;
        return read;
    }

    /// <summary>The trace that a delivery belongs to; null where it names none or a wrong one: a trace is never a reason to refuse.</summary>
    public static ActivityContext? Trace(Delivery delivery) =>
        ActivityContext.TryParse(Find(delivery, TraceParent) ?? Find(delivery, Prefix + TraceParent), Find(delivery, TraceState) ?? Find(delivery, Prefix + TraceState), isRemote: true, out var context) ? context : null;

    /// <summary>The record with the trace of <paramref name="activity"/> in its headers, in place of any that it had; as it is where there is none.</summary>
    public static OutgoingRecord WithTrace(OutgoingRecord record, Activity? activity)
    {
        if (activity is not { IdFormat: ActivityIdFormat.W3C, Id: { } id }) return record;
        List<KeyValuePair<string, string>> headers = [.. record.Headers.Where(header => !IsTrace(header.Key)), new(TraceParent, id)];
        if (!string.IsNullOrEmpty(activity.TraceStateString)) headers.Add(new(TraceState, activity.TraceStateString));
        return record with { Headers = headers };
    }

    private static void Set(CloudEvent read, string header, string value)
    {
        string name = header[Prefix.Length..].ToLowerInvariant();
        // Extensions are a sender's own affair: only what the specification defines must be right.
        if (read.GetAttribute(name) is null && !name.All(char.IsAsciiLetterOrDigit)) return;
        if (name is "datacontenttype" or "partitionkey" or "") return;
        try { read.SetAttributeFromString(name, value); }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException) { throw new FormatException($"Header {header} is not of the kind that CloudEvents asks for.", wrong); }
    }

    private static bool IsAttribute(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && !IsTrace(name);

    private static bool IsTrace(string name) => name.ToLowerInvariant() is TraceParent or TraceState or Prefix + TraceParent or Prefix + TraceState;

    private static string? Find(Delivery delivery, string name) => delivery.Headers.LastOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private static ReadOnlyMemory<byte> Bytes(object? data) => data switch
    {
        null => ReadOnlyMemory<byte>.Empty,
        byte[] bytes => bytes,
        ReadOnlyMemory<byte> memory => memory,
        _ => throw new ArgumentException("The event's data is not bytes.", nameof(data)),
    };
}
