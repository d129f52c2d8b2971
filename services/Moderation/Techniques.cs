namespace Detection.Moderation;

/// <summary>The manipulation techniques that a moderator may confirm or reject: id, a short name, what it means.</summary>
internal static class Techniques
{
    public static IReadOnlyList<Technique> All { get; } =
    [
        new("urgency_scarcity", "Urgency or scarcity", "Time pressure or a limited offer that pushes for quick action."),
        new("authority_impersonation", "Borrowed authority", "Poses as, or leans on, an institution, brand, boss or expert."),
        new("fear_threat", "Fear or threat", "Threatens with loss, punishment or danger, or plays on prejudice."),
        new("reward_lure", "Reward as bait", "A prize, money, a refund, a job or another gain as bait."),
        new("flattery_ingratiation", "Flattery", "Praise, friendliness or romance used to win compliance."),
        new("guilt_obligation", "Guilt or obligation", "Guilt, pity, a favour to return, a first small step."),
        new("social_proof_identity", "Social proof", "Everybody does it; testimonials; the values of the in-group."),
        new("loaded_language", "Loaded language", "Emotionally loaded words, name-calling, labels."),
        new("exaggeration", "Exaggeration", "Makes something larger or smaller than it is."),
        new("distraction", "Distraction", "Whataboutism, red herring, straw man, deliberate vagueness."),
        new("false_reasoning", "False reasoning", "False dilemma, slippery slope, hasty conclusion, circularity."),
        new("doubt_smear", "Doubt or smear", "Casts doubt on or smears a person or a group."),
        new("coercion_gaslighting", "Coercion or gaslighting", "Denial, belittling, intimidation within a relationship."),
        new("credential_payment_cta", "Asks for credentials or payment", "Asks to log in by a link, hand over personal data, pay or donate."),
        new("curiosity_clickbait", "Clickbait", "Opens a gap of curiosity that only a click can close."),
    ];

    private static readonly Dictionary<string, Technique> ById = All.ToDictionary(technique => technique.Id, StringComparer.Ordinal);

    public static bool IsKnown(string id) => ById.ContainsKey(id);

    /// <summary>A head that a newer bundle brings is shown by its id.</summary>
    public static Technique Find(string id) => ById.GetValueOrDefault(id) ?? new Technique(id, id.Replace('_', ' '), "A technique of this bundle.");
}

internal sealed record Technique(string Id, string Name, string Meaning);
