using Detection.Checkpoints;
using Detection.Detector;
using Detection.Detectors.Bundles;
using Detection.Model;
using Detection.ServiceDefaults;
using Detection.Text;

namespace Detection.Standalone;

/// <summary>A language model alone, without heads: what <c>score</c> and <c>bench</c> need.</summary>
internal sealed class LoadedModel : IDisposable
{
    private LoadedModel(ModelSource source, Checkpoint checkpoint, Tokenizer tokenizer, TokenScorer scorer)
    {
        (Source, Checkpoint, Tokenizer, Scorer) = (source, checkpoint, tokenizer, scorer);
    }

    public ModelSource Source { get; }
    public Checkpoint Checkpoint { get; }
    public Tokenizer Tokenizer { get; }
    public TokenScorer Scorer { get; }

    public static LoadedModel Load(DetectionOptions options)
    {
        var source = ModelFolders.Resolve(options);
        var checkpoint = Checkpoint.Open(source.Path);
        try
        {
            var tokenizer = new Tokenizer(checkpoint.Tokenizer ?? throw new NotSupportedException($"{source.Path}: no byte-level BPE tokenizer."), checkpoint.Config);
            return new LoadedModel(source, checkpoint, tokenizer, TokenScorer.Load(checkpoint, new TokenScorerOptions { Dtype = ConfiguredDtype.Resolve(options, source), Device = options.Device == "auto" ? Machine.BestDevice() : options.Device, Threads = options.Threads }));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Scorer.Dispose();
        Checkpoint.Dispose();
    }
}
