namespace Detection.Learning.Data;

/// <summary>Which heads each manipulation source annotates (the mask): a head that is not listed is unknown there, not absent. As <c>TAXONOMY.md</c> of the shared data has it.</summary>
public static class TechniqueSources
{
    private static readonly Dictionary<string, string[]> Annotated = new(StringComparer.Ordinal)
    {
        ["ptc-semeval2020"] = ["authority_impersonation", "fear_threat", "social_proof_identity", "loaded_language", "exaggeration", "distraction", "false_reasoning", "doubt_smear"],
        ["semeval2021-task6"] = ["authority_impersonation", "fear_threat", "social_proof_identity", "loaded_language", "exaggeration", "distraction", "false_reasoning", "doubt_smear"],
        ["mentalmanip"] = ["fear_threat", "flattery_ingratiation", "guilt_obligation", "doubt_smear", "coercion_gaslighting"],
        ["logic"] = ["authority_impersonation", "social_proof_identity", "loaded_language", "distraction", "false_reasoning", "doubt_smear"],
        ["cocolofa"] = ["authority_impersonation", "social_proof_identity", "distraction", "false_reasoning"],
        ["ec-darkpattern"] = ["urgency_scarcity", "social_proof_identity", "guilt_obligation"],
        ["persuasive-requests"] = ["urgency_scarcity", "authority_impersonation", "flattery_ingratiation", "guilt_obligation", "social_proof_identity"],
        ["persuasionforgood"] = ["authority_impersonation", "flattery_ingratiation", "guilt_obligation", "social_proof_identity", "credential_payment_cta"],
        ["malloy-phish"] = ["urgency_scarcity", "reward_lure", "credential_payment_cta"],
        ["stop-clickbait"] = ["curiosity_clickbait"],
        ["smishtank"] = ["authority_impersonation", "fear_threat", "reward_lure", "flattery_ingratiation", "credential_payment_cta"],
    };

    /// <summary>The heads that a source annotates; null for a source that is not a manipulation source. What follows a slash in the name does not count.</summary>
    public static IReadOnlyList<string>? HeadsOf(string source) => Annotated.GetValueOrDefault(source.Split('/')[0]);
}
