using Detection.Contracts;
using Detection.Detectors.Heads;

namespace Detection.Detectors.Explaining;

/// <summary>Which sentences a head's words speak for most: the sum of its word weights in each. Exact for the words, blind to the rest of the head.</summary>
internal sealed class SentenceWeights(HeadSet heads)
{
    private const int Most = 2, MostSentences = 400, Longest = 400, Shortest = 8;

    /// <summary>At most two sentences of a stored text, in its order; none where the head reads no words or they speak against it.</summary>
    public IReadOnlyList<EvidenceSpan> Strongest(string head, Channel channel, string text)
    {
        if (heads.Heads.FirstOrDefault(one => one.Name == head)?.In(channel) is not { Words.Length: > 0 } weights) return [];
        return [.. Sentences(text)
            .Select(sentence => new EvidenceSpan("text", sentence.Start, sentence.End, Math.Round(Weight(weights, channel, text[sentence.Start..sentence.End]), 4)))
            .Where(span => span.Value > 0).OrderByDescending(span => span.Value).ThenBy(span => span.Start).Take(Most).OrderBy(span => span.Start)];
    }

    private double Weight(Head head, Channel channel, string sentence)
    {
        var all = WordVector.Of(null, sentence);
        var words = heads.Vocabulary.Placed(all);
        double sum = 0;
        for (int i = 0; i < words.Bucket.Length; i++) sum += words.Count[i] * heads.Vocabulary.Rarity[words.Bucket[i]] * OwnWords.Weight(head.Words, words.Bucket[i], channel, head.Own, heads.Vocabulary.Places);
        // Otherwise the longest sentence would always win.
        return sum / Math.Sqrt(Math.Max(1, all.Bucket.Length));
    }

    private static IEnumerable<(int Start, int End)> Sentences(string text)
    {
        int start = 0, count = 0;
        for (int i = 0; i < text.Length && count < MostSentences; i++)
        {
            bool ends = text[i] == '\n' || text[i] is '.' or '!' or '?' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1])) || i + 1 - start >= Longest && char.IsWhiteSpace(text[i]);
            if (!ends && i + 1 < text.Length) continue;
            int end = i + 1;
            while (start < end && char.IsWhiteSpace(text[start])) start++;
            while (end > start && char.IsWhiteSpace(text[end - 1])) end--;
            if (end - start >= Shortest)
            {
                yield return (start, end);
                count++;
            }
            start = i + 1;
        }
    }
}
