using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Learning.Data;
using Detection.Learning.Features;

namespace Detection.Learning.Heads;

/// <summary>A labelled row with its features.</summary>
public sealed record Example(PlacedRow Placed, Channel Channel, StoredFeatures Features)
{
    public LabelledRow Row => Placed.Row;

    public string SourceGroup => SplitRules.SourceGroup(Row.File);
}

/// <summary>An example that did not teach, with one margin a head.</summary>
/// <param name="Unknown">The margins of the same message in a channel that taught no head.</param>
internal sealed record ScoredExample(Example Example, float[] Margins, float[] Unknown)
{
    public static ScoredExample Of(HeadSet heads, Example example)
    {
        var features = example.Features.ForHeads;
        return new ScoredExample(example, heads.Margins(features), heads.Margins(features with { Channel = Channel.Other }));
    }
}

/// <summary>What a row says about a head.</summary>
internal static class HeadTargets
{
    /// <summary>Techniques that people's ordinary messages lack: for these, corpus texts are negatives; for the others they are unknown.</summary>
    private static readonly string[] Lures = ["urgency_scarcity", "reward_lure", "credential_payment_cta", "curiosity_clickbait"];

    /// <summary>What a corpus text lacks.</summary>
    public static bool IsLure(string head) => Lures.Contains(head);

    /// <summary>
    /// An ordinary message of which nobody has said whether it uses the technique: most do not. Together such messages teach a part of what the technique is not, or a head that has only seen
    /// one kind of text speaks of every text of another.
    /// </summary>
    public static bool IsBackground(LabelledRow row, string head) => HeadNames.IsTechnique(head) && row.Techniques is null && row.Mail == MailKind.Ham && Of(row, head) is null;

    /// <summary>By people, or ham. Labelled ham is the measure for mail: cleaned list archives are easier than what arrives.</summary>
    public static bool IsOrdinary(Example example, string head) => Of(example.Row, head) == false
        && (head == HeadNames.Synthetic || example.Channel != Channel.Email || !example.Row.File.StartsWith("corpus/", StringComparison.Ordinal));

    /// <summary>There are so many rows of either answer.</summary>
    public static bool Teach(IEnumerable<Example> rows, string head, int fewest)
    {
        var answers = rows.Select(example => Of(example.Row, head)).ToLookup(answer => answer);
        return answers[true].Count() >= fewest && answers[false].Count() >= fewest;
    }

    /// <summary>Null: the row says nothing about the head.</summary>
    public static bool? Of(LabelledRow row, string head) => head switch
    {
        HeadNames.Synthetic => row.Machine,
        HeadNames.Spam => row.Mail is { } mail ? mail != MailKind.Ham : null,
        HeadNames.Phishing => row.Mail is { } mail ? mail == MailKind.Phishing : null,
        _ when row.Techniques is { } techniques => techniques.TryGetValue(head, out bool present) ? present : null,
        _ => row.File.StartsWith("corpus/", StringComparison.Ordinal) && IsLure(head) ? false : null,
    };
}
