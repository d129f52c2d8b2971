using System.Globalization;
using Detection.Checkpoints;
using Detection.Detectors.Bundles;
using Detection.Model;
using Detection.Text;

namespace Detection.Detectors;

/// <summary>A second model that reads the tokens of the first one along with it, for criteria of two models (Binoculars, arXiv 2401.12070).</summary>
public sealed class ObserverModel : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly TokenScorer _scorer;

    private ObserverModel(ModelSource source, Checkpoint checkpoint, TokenScorer scorer, TokenScorer performer)
    {
        (Name, _checkpoint, _scorer) = (source.Name, checkpoint, scorer);
        Pair = new PairScorer(scorer, performer);
    }

    public string Name { get; }

    /// <summary>The two models; the performer stays the caller's.</summary>
    public PairScorer Pair { get; }

    /// <summary>Names what can move a number of the pair, besides the performer.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{string.Join('|', _checkpoint.Files.Select(file => file.Sha256()))}|{_scorer.Kernels}");

    /// <summary>Loads it in the performer's type, on its device.</summary>
    /// <param name="performer">The model that judges, with its tokenizer.</param>
    /// <exception cref="BundleException">The two models' vocabularies differ, or the observer has no tokenizer that this program reads.</exception>
    public static ObserverModel Open(ModelSource source, TokenScorer performer, Tokenizer tokenizer)
    {
        var checkpoint = Checkpoint.Open(source.Path);
        try
        {
            CheckVocabulary(source, checkpoint, tokenizer);
            return new ObserverModel(source, checkpoint, TokenScorer.Load(checkpoint, performer.Options with { MaxTokens = null }), performer);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="Open"/>
    public static void CheckVocabulary(ModelSource source, Checkpoint observer, Tokenizer performer)
    {
        var own = observer.Tokenizer ?? throw new BundleException(source.Path, "has no tokenizer that this program reads (byte-level BPE).");
        if (performer.FirstDifference(new Tokenizer(own, observer.Config)) is { } difference)
            throw new BundleException(source.Path, $"cannot observe a model of another vocabulary: {difference}.");
    }

    public void Dispose()
    {
        _scorer.Dispose();
        _checkpoint.Dispose();
    }
}
