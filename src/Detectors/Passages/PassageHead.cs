using Detection.Detectors.Criteria;
using Detection.Detectors.Heads;
using Detection.Model;
using Detection.Text;

namespace Detection.Detectors.Passages;

/// <summary>
/// The authorship head on windows of a text that was read once, as a whole. A head is linear, and most of what it reads are means over tokens: its margin on a window is the mean over the
/// window's tokens of one number each, the token's states projected on the head's weights, with what the head makes of the window's criteria, surface and words.
/// The limit on how far a single feature counts (<see cref="HeadSet.Furthest"/>) cannot be kept inside a projection: hidden states have none here. The state of the last token is left
/// out, as if it were average: one token says less of a few sentences than it shakes their score.
/// </summary>
internal sealed class PassageHead
{
    private readonly HeadSet _head;
    private readonly FeatureLayout _layout;
    private readonly float[] _unseen;
    private readonly double _constant;

    private PassageHead(HeadSet heads, Head head, FeatureLayout layout)
    {
        (_head, _layout) = (heads.With([head]), layout);
        // No number where the hidden states would be: the head's other features alone are summed there.
        _unseen = new float[layout.Plan.Length(layout.Width)];
        Array.Fill(_unseen, float.NaN);
        // The means; the last token's state stands behind them.
        float[] weights = new float[layout.Layers.Count * layout.Width];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = head.Dense[i] / heads.Deviation[i];
            _constant -= (double)weights[i] * heads.Mean[i];
        }
        Projections = [.. layout.Layers.Select((layer, at) => new Projection(layer, weights[(at * layout.Width)..((at + 1) * layout.Width)]))];
    }

    /// <summary>Null where no head says who wrote a text.</summary>
    public static PassageHead? Of(HeadSet heads, FeatureLayout layout) => heads.Heads.FirstOrDefault(one => one.Name == HeadNames.Synthetic) is { } head ? new PassageHead(heads, head, layout) : null;

    /// <summary>What a pass must hand out, layer by layer.</summary>
    public IReadOnlyList<Projection> Projections { get; }

    /// <summary>The windows of a text in order; none where it is too short to have several.</summary>
    /// <param name="scores">Of a pass with <see cref="Projections"/>, over a BOS token, if the model wants one, and the first <paramref name="read"/> tokens.</param>
    public IReadOnlyList<Passage> Read(NormalisedText text, Tokens tokens, int read, TokenScores scores)
    {
        var windows = TextWindows.Of(text, tokens, read);
        if (windows.Count == 0) return [];
        int rows = scores.Projected.Length / Projections.Count, bos = rows - read;
        double[] sums = new double[read + 1];
        for (int i = 0; i < read; i++)
        {
            sums[i + 1] = sums[i];
            for (int at = bos + i; at < scores.Projected.Length; at += rows) sums[i + 1] += scores.Projected[at];
        }
        var passages = windows.Select(window =>
        {
            var (start, end) = window;
            int from = tokens.Starts[start], to = tokens.Ends[end - 1];
            double hidden = _constant + (sums[end] - sums[start]) / (end - start);
            return (Parts: text.PartsOfOriginal(from, to), Margin: hidden + Rest(scores, Math.Max(0, start + bos - 1), end + bos - 1, text.Text[from..to].Trim()));
        }).ToArray();
        double rest = passages.Average(passage => passage.Margin) * Passage.ShareOfRest;
        return [.. passages.Select(passage => new Passage(passage.Parts, (float)passage.Margin, (float)(passage.Margin - rest)))];
    }

    /// <summary>All but hidden states: criteria over the predictions of a window, its surface and words, and the bias.</summary>
    private float Rest(TokenScores scores, int from, int to, string text)
    {
        var predicted = new PredictedTokens(scores.LogProb[from..to], scores.Rank[from..to], scores.Entropy[from..to], scores.Variance[from..to]);
        var words = _head.Heads[0].Words.Length > 0 ? WordVector.Of(null, text) : WordVector.None;
        return _head.Margins(new TextFeatures(_layout.Assemble(_unseen, predicted, SurfaceFeatures.Of(text)), words))[0];
    }
}
