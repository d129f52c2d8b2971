using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Detection.Contracts;

/// <summary>
/// Turns what was decided into an action; pure. Conditions are <c>mail:phishing</c>, <c>authorship:machine</c>, <c>technique:urgency_scarcity</c>,
/// <c>techniques:3</c> (that many or more), or a score with a bound such as <c>spam&gt;=0.9</c>; conditions joined by <c>+</c> must all hold.
/// The first list that has a matching entry wins: hold, then review; else allow.
/// </summary>
public sealed class VerdictRule
{
    private readonly Condition[][] _hold;
    private readonly Condition[][] _review;

    /// <exception cref="FormatException">Names the entry that cannot be read.</exception>
    public VerdictRule(IEnumerable<string> hold, IEnumerable<string> review)
    {
        Hold = [.. hold];
        Review = [.. review];
        _hold = [.. Hold.Select(Parse)];
        _review = [.. Review.Select(Parse)];
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("rule-1\nhold\n" + string.Join('\n', Hold) + "\nreview\n" + string.Join('\n', Review))));
    }

    /// <summary>Phishing is held; spam, machine-written text and three or more techniques at once are looked at by a person.</summary>
    public static VerdictRule Default { get; } = new(["mail:phishing"], ["mail:spam", "authorship:machine", "techniques:3"]);

    public IReadOnlyList<string> Hold { get; }
    public IReadOnlyList<string> Review { get; }

    /// <summary>Part of every verdict id.</summary>
    public string Sha256 { get; }

    public VerdictAction Decide(Scores scores, Authorship authorship, Decided decided)
    {
        bool Matches(Condition[] all) => all.All(one => one(scores, authorship, decided));
        return _hold.Any(Matches) ? VerdictAction.Hold : _review.Any(Matches) ? VerdictAction.Review : VerdictAction.Allow;
    }

    private delegate bool Condition(Scores scores, Authorship authorship, Decided decided);

    private static Condition[] Parse(string entry) => [.. entry.Split('+', StringSplitOptions.TrimEntries).Select(part => ParseOne(part, entry))];

    private static Condition ParseOne(string part, string entry)
    {
        if (part.Split(">=", StringSplitOptions.TrimEntries) is [var name, var bound]
            && double.TryParse(bound, NumberStyles.Float, CultureInfo.InvariantCulture, out double least) && least is >= 0 and <= 1 && Score(name) is { } score)
            return (scores, _, _) => score(scores) >= least;
        return part.Split(':', StringSplitOptions.TrimEntries) switch
        {
            ["mail", "ham"] => (_, _, decided) => decided.Mail == MailKind.Ham,
            ["mail", "spam"] => (_, _, decided) => decided.Mail is MailKind.Spam,
            ["mail", "phishing"] => (_, _, decided) => decided.Mail == MailKind.Phishing,
            ["authorship", "machine"] => (_, authorship, _) => authorship == Authorship.Machine,
            ["authorship", "human"] => (_, authorship, _) => authorship == Authorship.Human,
            ["technique", { Length: > 0 } technique] => (_, _, decided) => decided.Techniques.Contains(technique),
            ["techniques", var count] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 =>
                (_, _, decided) => decided.Techniques.Count >= n,
            _ => throw new FormatException($"The rule entry '{entry}' has the unknown condition '{part}'."),
        };
    }

    private static Func<Scores, double?>? Score(string name) => name switch
    {
        "synthetic" => scores => scores.Synthetic,
        "spam" => scores => scores.Spam,
        "phishing" => scores => scores.Phishing,
        "manipulation" => scores => scores.Manipulation,
        _ => null,
    };
}
