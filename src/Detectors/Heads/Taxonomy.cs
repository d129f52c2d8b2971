namespace Detection.Detectors.Heads;

/// <summary>A manipulation technique: its head's name, and how a verdict says it.</summary>
public sealed record Technique(string Name, string Sentence);

/// <summary>The techniques that heads are trained for. A technique is not a harm: charity appeals and loan requests persuade too.</summary>
public static class Taxonomy
{
    public static IReadOnlyList<Technique> Techniques { get; } =
    [
        new("urgency_scarcity", "It presses for quick action by a deadline or by limited supply."),
        new("authority_impersonation", "It borrows authority: an institution, a brand, a superior or an expert."),
        new("fear_threat", "It works with fear: a threat of loss, punishment or danger."),
        new("reward_lure", "It dangles a prize, money, a refund or a job."),
        new("flattery_ingratiation", "It flatters or courts the reader to win compliance."),
        new("guilt_obligation", "It appeals to guilt, pity or a debt to be returned."),
        new("social_proof_identity", "It points at what everybody does, or at what one's own group stands for."),
        new("loaded_language", "It uses emotionally loaded words or name-calling."),
        new("exaggeration", "It exaggerates or plays down."),
        new("distraction", "It leads away from the point: whataboutism, a red herring, a straw man."),
        new("false_reasoning", "It argues by a fallacy: a false choice, a single cause, a hasty generalisation."),
        new("doubt_smear", "It casts doubt on or smears a person or a group."),
        new("coercion_gaslighting", "It denies, belittles or intimidates, as in a coercive relationship."),
        new("credential_payment_cta", "It asks for credentials, personal data, a log-in by link, or money."),
        new("curiosity_clickbait", "It baits curiosity by holding back what it is about."),
    ];

    public static Technique Find(string name) => Techniques.First(technique => technique.Name == name);
}
