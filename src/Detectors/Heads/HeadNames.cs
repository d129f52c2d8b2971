namespace Detection.Detectors.Heads;

/// <summary>The heads of a bundle: one for authorship, two for mail, one for each technique.</summary>
public static class HeadNames
{
    public const string Synthetic = "synthetic";
    public const string Spam = "spam";
    public const string Phishing = "phishing";

    /// <summary>These read the make-up of a message and runs of its characters too; the others judge words and style alone.</summary>
    public static bool IsMail(string head) => head is Spam or Phishing;

    /// <summary>These read the words of their channel apart (<see cref="OwnWords"/>); who wrote a text must be told in channels that nothing was learned from.</summary>
    public static bool ReadsOwnWords(string head) => head != Synthetic;

    public static bool IsTechnique(string head) => Taxonomy.Techniques.Any(technique => technique.Name == head);

    public static IReadOnlyList<string> All { get; } = [Synthetic, Spam, Phishing, .. Taxonomy.Techniques.Select(technique => technique.Name)];
}
