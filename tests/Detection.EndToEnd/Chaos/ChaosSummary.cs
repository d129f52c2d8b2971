using System.Text.Encodings.Web;
using System.Text.Json;

namespace Detection.EndToEnd.Chaos;

/// <summary>A line a run in <c>TestResults/chaos/summary.jsonl</c>, beside the histories and the workers' logs: what was done to it, and what came out.</summary>
internal static class ChaosSummary
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Folder { get; } = Path.Combine(Repository.Root, "TestResults", "chaos");

    /// <param name="consumed">Deliveries that the workers were seen to take: what is beyond one a message was given again.</param>
    public static async Task WriteAsync(ChaosOptions options, IReadOnlyList<HistoryEvent> events, Observations seen, IReadOnlyList<string> problems, double consumed, TimeSpan took)
    {
        string line = JsonSerializer.Serialize(new
        {
            run = options.Name,
            seed = options.Seed,
            seconds = Math.Round(took.TotalSeconds, 1),
            sent = Count(HistoryKind.Sent),
            accepted = Count(HistoryKind.Accepted),
            unanswered = Count(HistoryKind.Unanswered),
            verdicts = seen.Documents.Count,
            deadLetters = seen.DeadLetters.Count,
            topicRecords = seen.Topic?.Count,
            redeliveriesAtLeast = Math.Max(0, consumed - seen.Documents.Count - seen.DeadLetters.Count),
            kills = events.Where(happened => happened.Kind == HistoryKind.Killed).CountBy(happened => $"{happened.Subject.Split('-')[0]} {happened.Detail}").ToDictionary(),
            faults = events.Where(happened => happened.Kind == HistoryKind.Fault).CountBy(happened => $"{happened.Subject}: {happened.Detail}").ToDictionary(),
            problems = problems.Count,
        }, Form);
        await File.AppendAllTextAsync(Path.Combine(Folder, "summary.jsonl"), line + "\n", CancellationToken.None);
        TestContext.Current.TestOutputHelper?.WriteLine(line);

        int Count(HistoryKind kind) => events.Count(happened => happened.Kind == kind);
    }
}
