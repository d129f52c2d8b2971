using System.Text.Json;
using Detection.Contracts;

namespace Detection.Tests.Samples;

/// <summary>One line of <c>samples/labels.jsonl</c>.</summary>
internal sealed record SampleLabel(
    string Id, DecidedAuthor? Authorship, DecidedMail? Mail, IReadOnlyList<string> Techniques, string? Campaign, string Kind, string? Note, string? File);

/// <summary>One row of the table in <c>samples/SOURCES.md</c>.</summary>
internal sealed record SampleSource(string Id, string Source, string Repository, string Licence, string Sha256, int Bucket);

/// <summary>The demo's messages with their labels and sources, as they lie in <c>samples/</c>.</summary>
internal static class SampleStream
{
    public static IReadOnlyList<Message> Messages { get; } = [.. Lines("stream.jsonl").Select(Read<Message>)];

    public static IReadOnlyList<SampleLabel> Labels { get; } = [.. Lines("labels.jsonl").Select(Read<SampleLabel>)];

    public static IReadOnlyList<SampleSource> Sources { get; } =
        [.. Lines("SOURCES.md").Where(line => line.StartsWith("| sample-", StringComparison.Ordinal)).Select(line =>
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            return new SampleSource(cells[1], cells[2], cells[3], cells[4], cells[5], int.Parse(cells[6], System.Globalization.CultureInfo.InvariantCulture));
        })];

    public static string File(params string[] parts) => Path.Combine([Repository.Root, "samples", .. parts]);

    public static string[] Lines(string name) => System.IO.File.ReadAllLines(File(name));

    private static T Read<T>(string line) => JsonSerializer.Deserialize<T>(line, ContractJson.Options)!;
}
