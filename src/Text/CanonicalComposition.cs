using System.Globalization;
using System.Text;

namespace Detection.Text;

/// <summary>Unicode's canonical composition (NFC) a cluster at a time, so that places can be kept.</summary>
internal static class CanonicalComposition
{
    private const char Refused = '\uFFFE'; // a noncharacter that String.Normalize throws on; it composes with nothing

    private const int MaxCluster = 256; // ordering marks takes quadratic time; a longer cluster is no writing and is cut
    private const int Stretch = 2048; // what is checked at once, for the same reason

    /// <summary>Whether a well-formed text is composed already.</summary>
    public static bool IsComposed(string text)
    {
        if (Ascii.IsValid(text)) return true;
        if (text.Contains(Refused)) return false;
        for (int start = 0, end = 0; start < text.Length; start = end)
        {
            while (end < text.Length && end - start < Stretch) end = ClusterEnd(text, end);
            if (!text.AsSpan(start, end - start).IsNormalized()) return false;
        }
        return true;
    }

    public static string Compose(string cluster) => cluster.Contains(Refused) ? cluster : cluster.Normalize();

    /// <summary>The end of the cluster that begins at <paramref name="start"/>: nothing composes across it.</summary>
    public static int ClusterEnd(string text, int start)
    {
        int end = start;
        do
        {
            end += char.IsSurrogatePair(text, end) ? 2 : 1;
        }
        while (end < text.Length && end - start < MaxCluster && Continues(CharUnicodeInfo.GetUnicodeCategory(text, end), text[end]));
        return end;
    }

    // Marks, and the vowels and finals of Hangul.
    private static bool Continues(UnicodeCategory category, char unit) => unit is >= '\u1160' and <= '\u11FF' || IsMark(category);

    public static bool IsMark(UnicodeCategory category) =>
        category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
