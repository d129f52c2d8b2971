using System.Globalization;
using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.ServiceDefaults;

namespace Detection.Detector;

/// <summary><c>Detection:Rule</c> and <c>Detection:Budget</c> as one rule, held against what a model's calibration can show.</summary>
public sealed class ConfiguredRule
{
    private const string Off = "off", PerDay = "/day";

    private static readonly string[] HoldHeads = ["phishing"], ReviewHeads = ["phishing", "spam", "synthetic"];

    /// <summary>The option that each stated entry comes from; an entry that is not here is a default.</summary>
    private readonly Dictionary<(VerdictAction Action, string Entry), string> _stated = [];

    private ConfiguredRule(DetectionOptions options)
    {
        var hold = Entries(options, VerdictAction.Hold, options.Rule.Hold, options.Budget.Hold, options.Budget.HoldIn, VerdictRule.Default.Hold, HoldHeads);
        var review = Entries(options, VerdictAction.Review, options.Rule.Review, options.Budget.Review, options.Budget.ReviewIn, VerdictRule.Default.Review, ReviewHeads);
        try { Rule = new VerdictRule(hold, review); }
        catch (FormatException wrong) { throw new InvalidOptionsException($"Detection:Rule: {wrong.Message.TrimEnd('.')}"); }
    }

    public VerdictRule Rule { get; }

    /// <exception cref="InvalidOptionsException">Names the entry, the budget or the channel that cannot be read.</exception>
    public static ConfiguredRule Of(DetectionOptions options) => new(options);

    /// <exception cref="InvalidOptionsException">A stated budget is tighter than a channel's calibration can show; names the channel and the messages that it would need.</exception>
    public void Check(ModelSource source)
    {
        if (source.Bundle?.Heads.People is not { } people) return;
        string[] problems = [.. Rule.Budgets.SelectMany(budget => budget.Channels
            // A channel without a rate of its own is left out where it is not named: nothing is measured there, whatever the budget.
            .Where(channel => IsStated(budget) && !IsShown(budget, people, channel) && (budget.Named || Messages(people, budget, channel) >= HumanScores.Enough))
            .Select(channel => Refusal(budget, channel, Messages(people, budget, channel), source.Name)))];
        if (problems.Length > 0) throw new InvalidOptionsException(problems);
    }

    /// <summary>Sentences: in which channels a budget moves nothing, because too few messages were measured there.</summary>
    public IEnumerable<string> Limits(ModelSource source) => source.Bundle?.Heads.People is not { } people ? [] : Rule.Budgets
        .Select(budget => (Budget: budget, Channels: budget.Channels.Where(channel => !IsShown(budget, people, channel)).ToArray()))
        .Where(limit => limit.Channels.Length > 0)
        .Select(limit => string.Create(CultureInfo.InvariantCulture,
            $"Nothing is {Done(limit.Budget.Action)} by the budget {limit.Budget.Entry} in {string.Join(", ", limit.Channels.Select(channel => $"{channel.Name()} ({Messages(people, limit.Budget, channel):N0})"))}: {Needed(limit.Budget):N0} good messages of a channel would have to be measured."));

    private List<string> Entries(DetectionOptions options, VerdictAction action, string[]? rule, string? everywhere, Dictionary<string, string> single, IReadOnlyList<string> usual, string[] heads)
    {
        string name = $"Detection:Budget:{action}";
        var channels = single.OrderBy(one => one.Key, StringComparer.OrdinalIgnoreCase).Select(one => (Channel: ChannelOf($"{name}In:{one.Key}", one.Key), Budget: one.Value)).ToArray();
        string others = string.Concat(channels.Select(one => $"channel:!{one.Channel.Name()}+"));
        List<string> entries = [];
        void State(string option, IEnumerable<string> stated)
        {
            foreach (string entry in stated)
            {
                entries.Add(entry);
                _stated.TryAdd((action, entry), option);
            }
        }

        if (rule is not null) State($"Detection:Rule:{action}", rule);
        if (everywhere is not null) State(name, Rates(options, name, everywhere, others, heads));
        else if (rule is null) entries.AddRange(usual.Where(IsRate).Select(entry => others + entry));
        foreach (var (channel, budget) in channels) State($"{name}In:{channel.Name()}", Rates(options, $"{name}In:{channel.Name()}", budget, $"channel:{channel.Name()}+", heads));
        if (rule is null) entries.AddRange(usual.Where(entry => !IsRate(entry)));
        return entries;
    }

    private static IEnumerable<string> Rates(DetectionOptions options, string option, string budget, string where, string[] heads) =>
        budget == Off ? [] : heads.Select(head => $"{where}rate:{head}<={Each(options, option, budget, heads.Length)}");

    /// <summary>A budget's equal part for each score that draws on it.</summary>
    private static Share Each(DetectionOptions options, string option, string budget, int parts)
    {
        if (!budget.EndsWith(PerDay, StringComparison.Ordinal))
            return Share.Parse(budget)?.DividedBy(parts) ?? throw new InvalidOptionsException($"{option} must be a share such as 1/500 or 0.002, a number a day such as 20/day, or off (it is '{budget}')");
        if (options.ExpectedPerDay is not { } expected) throw new InvalidOptionsException($"{option} is a number a day, which needs Detection:ExpectedPerDay (it is '{budget}')");
        return long.TryParse(budget.AsSpan(0, budget.Length - PerDay.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number) && Share.Of(number, expected)?.DividedBy(parts) is { } share
            ? share
            : throw new InvalidOptionsException(string.Create(CultureInfo.InvariantCulture, $"{option} must be a number between 1 and the {expected} messages of Detection:ExpectedPerDay, then /day (it is '{budget}')"));
    }

    private static Channel ChannelOf(string option, string name) => ChannelNames.All.Where(channel => channel.Name().Equals(name, StringComparison.OrdinalIgnoreCase)).Cast<Channel?>().FirstOrDefault()
        ?? throw new InvalidOptionsException($"{option} is unknown; channels are {string.Join(", ", ChannelNames.All.Select(channel => channel.Name()))}");

    private static bool IsRate(string entry) => entry.StartsWith("rate:", StringComparison.Ordinal);

    private bool IsStated(RuleBudget budget) => _stated.ContainsKey((budget.Action, budget.Entry));

    private static bool IsShown(RuleBudget budget, IReadOnlyDictionary<string, HumanScores> people, Channel channel) => Messages(people, budget, channel) >= Needed(budget);

    private static int Messages(IReadOnlyDictionary<string, HumanScores> people, RuleBudget budget, Channel channel) => people.TryGetValue(budget.Head, out var scores) ? scores.MessagesOf(channel) : 0;

    private static long Needed(RuleBudget budget) => Math.Max(HumanScores.Enough, budget.AtMost.MessagesNeeded);

    private string Refusal(RuleBudget budget, Channel channel, int messages, string model)
    {
        string option = _stated[(budget.Action, budget.Entry)], single = $"Detection:Budget:{budget.Action}In:{channel.Name()}";
        int parts = budget.Action == VerdictAction.Hold ? HoldHeads.Length : ReviewHeads.Length;
        string instead = messages >= HumanScores.Enough ? $"{parts}/{messages + 1} is the tightest {single} for it, or off" : $"leave it out ({single}=off)";
        return string.Create(CultureInfo.InvariantCulture, $"{option} asks for {budget.Entry}, tighter than {model} can show in the channel {channel.Name()}: {messages:N0} good messages are measured there and {Needed(budget):N0} would be needed. Your own count: of what moderators clear ({(budget.Head == "synthetic" ? "human" : "ham")}) a fifth is measured when the trainer makes the next version. Until then {instead}");
    }

    private static string Done(VerdictAction action) => action == VerdictAction.Hold ? "held" : "shown for review";
}
