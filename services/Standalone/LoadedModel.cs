using Detection.Checkpoints;
using Detection.Detector;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Model;
using Detection.ServiceDefaults;
using Detection.Text;

namespace Detection.Standalone;

/// <summary>A language model alone, without heads: what <c>score</c> needs.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly Checkpoint _checkpoint;

    private LoadedModel(ModelSource source, Checkpoint checkpoint, Tokenizer tokenizer, TokenScorer scorer, ObserverModel? observer)
    {
        (Source, _checkpoint, Tokenizer, Scorer, Observer) = (source, checkpoint, tokenizer, scorer, observer);
    }

    public ModelSource Source { get; }
    public Tokenizer Tokenizer { get; }
    public TokenScorer Scorer { get; }

    /// <summary>Null unless a second model reads along.</summary>
    public ObserverModel? Observer { get; }

    public static LoadedModel Load(DetectionOptions options)
    {
        var source = ModelFolders.Resolve(options);
        var checkpoint = Checkpoint.Open(source.Path);
        TokenScorer? scorer = null;
        try
        {
            var tokenizer = new Tokenizer(checkpoint.Tokenizer ?? throw new NotSupportedException($"{source.Path}: no byte-level BPE tokenizer."), checkpoint.Config);
            scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = ConfiguredDtype.Resolve(options, source), Device = Machine.DeviceFor(options.Device), Threads = options.Threads });
            return new LoadedModel(source, checkpoint, tokenizer, scorer, ModelFolders.Observer(options) is { } second ? ObserverModel.Open(second, scorer, tokenizer) : null);
        }
        catch
        {
            scorer?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Observer?.Dispose();
        Scorer.Dispose();
        _checkpoint.Dispose();
    }
}
