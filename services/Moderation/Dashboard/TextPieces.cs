using System.Globalization;
using System.Text;
using Detection.Contracts;

namespace Detection.Moderation.Dashboard;

/// <summary>
/// One piece of a message's text, the same throughout: one token (or none) and one set of evidence. <paramref name="Heat"/> is -1 without a token, else 0 to
/// <see cref="TextPieces.HeatSteps"/> - 1 by surprise; <paramref name="Evidence"/> are indexes into the verdict's evidence.
/// </summary>
internal sealed record TextPiece(string Text, string? Control, int Heat, int Rank, string? Title, string? Evidence)
{
    /// <summary>The model would not have guessed it among a thousand.</summary>
    public bool IsRare => Rank >= 1000;

    public bool IsUnusual => Rank is >= 100 and < 1000;
}

/// <summary>Cuts a text at the borders of tokens and evidence; pure.</summary>
internal static class TextPieces
{
    public const int HeatSteps = 6;

    /// <summary>Upper bounds of surprise (-log p, in nats) of the steps; the last step has none.</summary>
    private static readonly float[] Bounds = [1, 3, 5, 7, 10];

    /// <param name="length">Characters to show; the text behind is left out.</param>
    /// <param name="tokens">Null: no heat.</param>
    /// <param name="field"><c>text</c> or <c>subject</c>: whose evidence.</param>
    public static IReadOnlyList<TextPiece> Cut(string text, int length, TokenScoreMap? tokens, IReadOnlyList<Evidence> evidence, string field)
    {
        length = Math.Min(length, text.Length);
        if (length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1])) length--;
        int[] tokenAt = TokenAt(length, tokens);
        ulong[] evidenceAt = EvidenceAt(length, evidence, field);
        float[] surprise = Surprise(tokens);
        var pieces = new List<TextPiece>();
        for (int i = 0; i < length;)
        {
            int end = End(text, length, i, tokenAt, evidenceAt, out string? control);
            int token = tokenAt[i];
            pieces.Add(new TextPiece(control is null ? text[i..end] : "", control,
                token < 0 ? -1 : Heat(surprise[token]), token < 0 ? -1 : tokens!.Rank[token], token < 0 ? null : Title(tokens!, token, surprise[token]), Indexes(evidenceAt[i])));
            i = end;
        }
        return pieces;
    }

    private static int End(string text, int length, int start, int[] tokenAt, ulong[] evidenceAt, out string? control)
    {
        control = VisibleText.NameAt(text, start, out int width);
        if (control is not null) return start + width;
        int end = start + width;
        while (end < length && tokenAt[end] == tokenAt[start] && evidenceAt[end] == evidenceAt[start])
        {
            if (VisibleText.NameAt(text, end, out width) is not null) break;
            end += width;
        }
        return end;
    }

    /// <summary>Index of the token that covers each character, -1 for none. Tokens that are parts of one character count as the first of them.</summary>
    private static int[] TokenAt(int length, TokenScoreMap? tokens)
    {
        int[] at = new int[length];
        Array.Fill(at, -1);
        for (int token = 0; token < (tokens?.Count ?? 0); token++)
            for (int i = Math.Max(0, tokens!.Start[token]); i < Math.Min(length, tokens.End[token]); i++)
                if (at[i] < 0 && float.IsFinite(tokens.LogProb[token])) at[i] = token;
        return at;
    }

    /// <summary>-log p of each token, summed over those that are parts of one character.</summary>
    private static float[] Surprise(TokenScoreMap? tokens)
    {
        if (tokens is null) return [];
        float[] surprise = new float[tokens.Count];
        int first = 0;
        for (int i = 0; i < surprise.Length; i++)
        {
            if (tokens.Start[i] != tokens.Start[first] || !float.IsFinite(tokens.LogProb[first])) first = i;
            if (float.IsFinite(tokens.LogProb[i])) surprise[first] -= tokens.LogProb[i];
        }
        return surprise;
    }

    /// <summary>One bit for each of the first 64 pieces of evidence.</summary>
    private static ulong[] EvidenceAt(int length, IReadOnlyList<Evidence> evidence, string field)
    {
        ulong[] at = new ulong[length];
        for (int index = 0; index < Math.Min(64, evidence.Count); index++)
            foreach (var span in evidence[index].Spans)
                if (span.Field == field)
                    for (int i = Math.Max(0, span.Start); i < Math.Min(length, span.End); i++) at[i] |= 1UL << index;
        return at;
    }

    private static int Heat(float surprise)
    {
        int step = 0;
        while (step < Bounds.Length && surprise >= Bounds[step]) step++;
        return step;
    }

    private static string Title(TokenScoreMap tokens, int token, float surprise) => string.Create(CultureInfo.InvariantCulture,
        $"log p {-surprise:0.00} · rank {tokens.Rank[token]:N0} · entropy {tokens.Entropy[token]:0.00}");

    private static string? Indexes(ulong bits)
    {
        if (bits == 0) return null;
        var indexes = new StringBuilder();
        for (int index = 0; index < 64; index++)
            if ((bits >> index & 1) != 0) indexes.Append(indexes.Length > 0 ? " " : "").Append(index);
        return indexes.ToString();
    }
}
