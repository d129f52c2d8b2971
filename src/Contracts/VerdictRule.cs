using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Detection.Contracts;

/// <summary>
/// Turns a verdict into its action; pure. Conditions are <c>mail:phishing</c>, <c>authorship:machine</c>, <c>technique:urgency_scarcity</c>, <c>techniques:3</c> (that many or more),
/// a score with a bound such as <c>spam&gt;=0.9</c>, a channel (<c>channel:email</c>, <c>channel:!sms</c>: any other), or a budget of false alarms such as
/// <c>rate:phishing&lt;=1/500</c>: the verdict's false-positive rate is within it, measured on messages of its own channel. Conditions joined by <c>+</c> must all hold.
/// The first list that has a matching entry wins: hold, then review; else allow.
/// </summary>
public sealed class VerdictRule
{
    private readonly Entry[] _hold;
    private readonly Entry[] _review;

    /// <exception cref="FormatException">Names the entry that cannot be read.</exception>
    public VerdictRule(IEnumerable<string> hold, IEnumerable<string> review)
    {
        Hold = [.. hold];
        Review = [.. review];
        _hold = [.. Hold.Select(Parse)];
        _review = [.. Review.Select(Parse)];
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("rule-1\nhold\n" + string.Join('\n', Hold) + "\nreview\n" + string.Join('\n', Review))));
    }

    /// <summary>
    /// Held: 1 in 500 good messages of a channel, by how much they read as phishing. For review: 1 in 50, of which phishing, unwanted and machine-written text get a third each,
    /// so that all of them together stay within it; and three or more techniques at once, which no budget counts.
    /// </summary>
    public static VerdictRule Default { get; } = new(["rate:phishing<=1/500"], ["rate:phishing<=1/150", "rate:spam<=1/150", "rate:synthetic<=1/150", "techniques:3"]);

    public IReadOnlyList<string> Hold { get; }
    public IReadOnlyList<string> Review { get; }

    /// <summary>Part of every verdict id.</summary>
    public string Sha256 { get; }

    /// <summary>The budgets of the rule, entry by entry.</summary>
    public IEnumerable<RuleBudget> Budgets => _hold.SelectMany(entry => BudgetsOf(entry, VerdictAction.Hold)).Concat(_review.SelectMany(entry => BudgetsOf(entry, VerdictAction.Review)));

    /// <param name="verdict">Without its action.</param>
    public RuleDecision Decide(Verdict verdict)
    {
        Entry? First(Entry[] entries) => entries.FirstOrDefault(entry => entry.Conditions.All(condition => condition.Holds(verdict)));
        if (First(_hold) is { } held) return new RuleDecision(VerdictAction.Hold, $"Held: {held.Words}.");
        return First(_review) is { } seen ? new RuleDecision(VerdictAction.Review, $"For review: {seen.Words}.") : new RuleDecision(VerdictAction.Allow, null);
    }

    private static IEnumerable<RuleBudget> BudgetsOf(Entry entry, VerdictAction action)
    {
        Channel[] channels = [.. ChannelNames.All.Where(channel => entry.Conditions.All(condition => condition.Admits(channel)))];
        bool named = entry.Conditions.Any(condition => condition.NamesChannel);
        return entry.Conditions.Where(condition => condition.Budget is not null).Select(condition => new RuleBudget(action, entry.Text, condition.Head!, condition.Budget!.Value, channels, named));
    }

    private static Entry Parse(string entry) => new(entry, [.. entry.Split('+', StringSplitOptions.TrimEntries).Select(part => ParseOne(part, entry))]);

    private static Condition ParseOne(string part, string entry) => ParseBudget(part) ?? ParseScore(part) ?? part.Split(':', StringSplitOptions.TrimEntries) switch
    {
        ["mail", "ham"] => new Condition("an ordinary message", verdict => verdict.Decided.Mail == MailKind.Ham),
        ["mail", "spam"] => new Condition("unwanted mail", verdict => verdict.Decided.Mail == MailKind.Spam),
        ["mail", "phishing"] => new Condition("phishing", verdict => verdict.Decided.Mail == MailKind.Phishing),
        ["authorship", "machine"] => new Condition("machine-written text", verdict => verdict.Authorship == Authorship.Machine),
        ["authorship", "human"] => new Condition("text by a person", verdict => verdict.Authorship == Authorship.Human),
        ["technique", { Length: > 0 } technique] => new Condition($"the technique {technique}", verdict => verdict.Decided.Techniques.Contains(technique)),
        ["techniques", var count] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 =>
            new Condition(n == 1 ? "a technique of persuasion" : string.Create(CultureInfo.InvariantCulture, $"{n} or more techniques of persuasion"), verdict => verdict.Decided.Techniques.Count >= n),
        ["channel", ['!', .. var name]] when Named(name) is { } other => new Condition("", verdict => verdict.Channel != other) { Admits = channel => channel != other },
        ["channel", var name] when Named(name) is { } only => new Condition($"in {name}", verdict => verdict.Channel == only) { Admits = channel => channel == only, NamesChannel = true },
        _ => throw new FormatException($"The rule entry '{entry}' has the unknown condition '{part}'."),
    };

    private static Condition? ParseBudget(string part)
    {
        if (part.Split("<=", StringSplitOptions.TrimEntries) is not [var rate, var bound] || rate.Split(':', StringSplitOptions.TrimEntries) is not ["rate", var head]) return null;
        if (Called(head) is not { } called || Share.Parse(bound) is not { } budget) return null;
        return new Condition($"{called} within the budget of {budget.InWords()}",
            verdict => verdict.FalsePositiveRate.TryGetValue(head, out var measured) && measured.IsOf(verdict.Channel) && measured.Rate <= budget.Value)
        { Head = head, Budget = budget };
    }

    private static Condition? ParseScore(string part) =>
        part.Split(">=", StringSplitOptions.TrimEntries) is [var name, var bound] && double.TryParse(bound, NumberStyles.Float, CultureInfo.InvariantCulture, out double least) && least is >= 0 and <= 1
        && Score(name) is { } score
            ? new Condition($"{name} of {bound} or more", verdict => score(verdict.Scores) >= least)
            : null;

    private static Channel? Named(string name)
    {
        foreach (var channel in ChannelNames.All)
            if (channel.Name() == name) return channel;
        return null;
    }

    /// <summary>The scores that false-positive rates are measured for, in words.</summary>
    private static string? Called(string head) => head switch { "phishing" => "phishing", "spam" => "unwanted mail", "synthetic" => "machine-written text", _ => null };

    private static Func<Scores, double?>? Score(string name) => name switch
    {
        "synthetic" => scores => scores.Synthetic,
        "spam" => scores => scores.Spam,
        "phishing" => scores => scores.Phishing,
        "manipulation" => scores => scores.Manipulation,
        _ => null,
    };

    private sealed record Entry(string Text, Condition[] Conditions)
    {
        /// <summary>What matched, for people, the channel last; an exclusion goes without saying.</summary>
        public string Words { get; } = Conditions.OrderBy(condition => condition.NamesChannel).Select(condition => condition.Words).Where(words => words.Length > 0).ToArray() is { Length: > 0 } said ? string.Join(", ", said) : Text;
    }

    private sealed record Condition(string Words, Func<Verdict, bool> Holds)
    {
        public Func<Channel, bool> Admits { get; init; } = static _ => true;
        public bool NamesChannel { get; init; }
        public string? Head { get; init; }
        public Share? Budget { get; init; }
    }
}

/// <summary>What a rule makes of a verdict.</summary>
/// <param name="Reason">The entry that matched, as a sentence; null where a message is allowed because none did.</param>
public sealed record RuleDecision(VerdictAction Action, string? Reason);

/// <summary>One budget of a rule: <paramref name="AtMost"/> of the good messages of each of <paramref name="Channels"/> meet <paramref name="Action"/> because of <paramref name="Head"/>.</summary>
/// <param name="Named">The entry names its channel; else it speaks of all (or all others).</param>
public sealed record RuleBudget(VerdictAction Action, string Entry, string Head, Share AtMost, IReadOnlyList<Channel> Channels, bool Named);
