using System.Text.Json;
using Detection.Contracts;
using Detection.Streaming;

namespace Detection.Standalone.Demo;

/// <summary>What is known about a sample; null: nothing is said about it.</summary>
internal sealed record SampleLabel(string Id, DecidedAuthor? Authorship, DecidedMail? Mail, IReadOnlyList<string>? Techniques, string? Campaign, string? Kind);

/// <summary>The messages of <c>samples/</c> in the order of the stream, and their labels, which the detector never sees.</summary>
internal sealed class SampleStream
{
    private SampleStream(IReadOnlyList<(string Id, byte[] Json)> messages, IReadOnlyDictionary<string, SampleLabel> labels) => (Messages, Labels) = (messages, labels);

    public IReadOnlyList<(string Id, byte[] Json)> Messages { get; }
    public IReadOnlyDictionary<string, SampleLabel> Labels { get; }

    /// <exception cref="UsageException">The samples are not beside the program.</exception>
    public static SampleStream Load(string folder)
    {
        string stream = Path.Combine(folder, "stream.jsonl"), labels = Path.Combine(folder, "labels.jsonl");
        if (!File.Exists(stream) || !File.Exists(labels)) throw new UsageException($"{folder}: the samples are missing.");
        var messages = File.ReadLines(stream).Where(line => line.Length > 0).Select(line => (IdOf(line), System.Text.Encoding.UTF8.GetBytes(line)));
        var known = File.ReadLines(labels).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<SampleLabel>(line, ContractJson.Options)!);
        return new SampleStream([.. messages], known.ToDictionary(label => label.Id, StringComparer.Ordinal));
    }

    /// <summary>As a sender would put it on <c>detection.messages</c>: JSON with CloudEvents headers.</summary>
    public OutgoingRecord Record(int index, TimeProvider time) => new(Messages[index].Id, Messages[index].Json,
    [
        new("ce_specversion", "1.0"),
        new("ce_id", Messages[index].Id),
        new("ce_source", "detection/samples"),
        new("ce_type", "detection.message.v1"),
        new("ce_time", ContractJson.Time(time.GetUtcNow())),
        new("content-type", "application/json"),
    ]);

    private static string IdOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("id").GetString()!;
    }
}
