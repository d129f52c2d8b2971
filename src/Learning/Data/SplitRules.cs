using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Detection.Learning.Data;

/// <summary>The fixed rules of published-numbers.md §7: which rows may be looked at, which teach, and which set thresholds.</summary>
public static class SplitRules
{
    /// <summary>How <see cref="LabelledRow.File"/> begins where moderators decided.</summary>
    public const string Decisions = "decisions/";

    private const int Prefix = 120;

    /// <summary>First bit of SHA-256 over the first 120 characters, lower-cased, white space collapsed: 0 study, 1 final.</summary>
    public static bool IsFinal(string text) => (SHA256.HashData(Encoding.UTF8.GetBytes(Start(text)))[0] & 0x80) != 0;

    /// <summary>
    /// What shipped heads may do with a row: <c>train</c> rows teach, dev rows set thresholds. Files without a train split (the reviews) teach with 80 % of dev;
    /// manipulation files without a test split keep 15 % of train for thresholds, and their valid rows are the test. Of what moderators decided a fifth sets thresholds: the mail that they
    /// cleared then counts towards the n of a false-positive rate. All by hash of the cluster.
    /// </summary>
    public static RowUse UseOf(LabelledRow row, string cluster) => (row.File, row.Split) switch
    {
        _ when row.File.StartsWith(Decisions, StringComparison.Ordinal) => Share(cluster) < 80 ? RowUse.Teaches : RowUse.SetsThresholds,
        ("synthetic/reviews_amazon_gpt2", "dev") => Share(cluster) < 80 ? RowUse.Teaches : RowUse.SetsThresholds,
        ("manipulation/mental-manipulation" or "manipulation/logical-fallacies" or "manipulation/fallacy-comments" or "manipulation/persuasion-memes", var split) =>
            split == "train" ? Share(cluster) < 85 ? RowUse.Teaches : RowUse.SetsThresholds : RowUse.Measured,
        (_, "train") => RowUse.Teaches,
        (_, "dev") => RowUse.SetsThresholds,
        _ => RowUse.Measured,
    };

    /// <summary>Sources for leave-one-source-out: files that share their people or their register count as one.</summary>
    public static string SourceGroup(string file) => file switch
    {
        "synthetic/fdg_open" or "synthetic/fdg_gpt3to4" or "synthetic/glimpse_claude_gemini" => "synthetic/fdg+glimpse",
        "synthetic/tweepfake" or "synthetic/authormimic_tweets" => "synthetic/tweets",
        "manipulation/phishing-cues" or "spam/email-human-gpt-phishing" => "human-gpt-phishing",
        "manipulation/smishing-categories" or "spam/sms" => "sms",
        _ => file,
    };

    /// <summary>When a file of mail was collected: none of its words, headers or programs may be the reason of a verdict on the other era.</summary>
    internal static string? Era(string file) => file switch
    {
        "spam/email-spamassassin" or "spam/email-enron" => "1999–2005",
        "spam/email-phishing-pot" or "spam/email-human-gpt-phishing" or "synthetic/emails" => "2022–2024",
        _ => null,
    };

    /// <summary>0–99, even over clusters.</summary>
    internal static int Share(string cluster) => (int)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(cluster))) % 100);

    private static string Start(string text)
    {
        var start = new StringBuilder(Prefix);
        bool gap = false;
        foreach (char letter in text)
        {
            if (char.IsWhiteSpace(letter)) { gap = start.Length > 0; continue; }
            if (gap && start.Length < Prefix) start.Append(' ');
            gap = false;
            if (start.Length >= Prefix) break;
            start.Append(char.ToLowerInvariant(letter));
        }
        return start.ToString();
    }
}

/// <summary>What a row is for when heads are shipped.</summary>
public enum RowUse
{
    Teaches,
    SetsThresholds,
    Measured,
}
