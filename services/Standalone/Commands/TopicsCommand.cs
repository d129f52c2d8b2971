using System.CommandLine;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults;
using Detection.Streaming.Kafka;

namespace Detection.Standalone.Commands;

/// <summary><c>topics create|check</c>: what Kafka needs.</summary>
internal static class TopicsCommand
{
    public static Command Create(Terminal terminal) => new("topics", "Makes or checks the Kafka topics, at Detection__Kafka__BootstrapServers with Detection__Prefix.") { Make(terminal), Check(terminal) };

    private static Command Make(Terminal terminal)
    {
        var asked = new PlanOptions(partitions: 12);
        var command = new Command("create", "Makes the topics that are missing, then checks all.") { asked.Partitions, asked.Replicas, asked.RetentionDays, asked.Json };
        command.SetAction((parsed, _) => WithAsync(parsed, asked, async (topics, plan, json) =>
        {
            var made = await topics.CreateAsync(plan);
            return Report(terminal, json, made, await topics.CheckAsync(plan), plan);
        }, terminal));
        return command;
    }

    private static Command Check(Terminal terminal)
    {
        var asked = new PlanOptions(partitions: -1);
        var command = new Command("check", "Says what differs; exit code 1 where something does.") { asked.Partitions, asked.Replicas, asked.RetentionDays, asked.Json };
        command.SetAction((parsed, _) => WithAsync(parsed, asked, async (topics, plan, json) => Report(terminal, json, null, await topics.CheckAsync(plan), plan), terminal));
        return command;
    }

    private static int Report(Terminal terminal, bool json, IReadOnlyList<string>? made, IReadOnlyList<string> differences, IReadOnlyList<TopicPlan> plan)
    {
        if (json) terminal.Out.WriteLine(JsonSerializer.Serialize(new { topics = plan.Select(topic => topic.Name), made = made ?? [], differences }, ContractJson.Options));
        else
        {
            foreach (string topic in made ?? []) terminal.Out.WriteLine($"{topic} is new.");
            foreach (string difference in differences) terminal.Out.WriteLine(difference);
            if (differences.Count == 0) terminal.Out.WriteLine($"{plan.Count} topics are as planned.");
        }
        return differences.Count == 0 ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task<int> WithAsync(ParseResult parsed, PlanOptions asked, Func<KafkaTopics, IReadOnlyList<TopicPlan>, bool, Task<int>> act, Terminal terminal)
    {
        var options = Configuration.Read([]);
        using var topics = new KafkaTopics(ConfiguredStream.Kafka(options), terminal.Error.WriteLine);
        return await act(topics, KafkaTopics.Plan(options.Prefix, parsed.GetValue(asked.Partitions), parsed.GetValue(asked.Replicas), TimeSpan.FromDays(parsed.GetValue(asked.RetentionDays))), parsed.GetValue(asked.Json));
    }

    private sealed class PlanOptions(int partitions)
    {
        public Option<int> Partitions { get; } = Bounded(new Option<int>("--partitions")
        {
            DefaultValueFactory = _ => partitions,
            Description = partitions > 0 ? $"Partitions of messages and verdicts, 1 to 10,000: as many workers can share the work. Default {partitions}." : "Partitions that messages and verdicts should have. Default: not looked at.",
        }, 10_000);

        public Option<short> Replicas { get; } = Bounded(new Option<short>("--replicas") { DefaultValueFactory = _ => -1, Description = "Copies of each partition, 1 to 9. Default: the broker's." }, 9);
        public Option<int> RetentionDays { get; } = Bounded(new Option<int>("--retention-days") { DefaultValueFactory = _ => 7, Description = "Days that messages and verdicts are kept, 1 to 3,650; dead letters at least 30. Default 7." }, 3650);
        public Option<bool> Json { get; } = new("--json") { Description = "One JSON object." };

        private static Option<T> Bounded<T>(Option<T> option, int most) where T : struct, IConvertible
        {
            option.Validators.Add(result =>
            {
                if (!result.Implicit && result.GetValueOrDefault<T>().ToInt64(null) is var value && (value < 1 || value > most)) result.AddError($"{option.Name} must be between 1 and {most}.");
            });
            return option;
        }
    }
}
