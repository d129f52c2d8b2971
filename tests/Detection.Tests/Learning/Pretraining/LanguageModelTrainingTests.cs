using System.Text.Json;
using Detection.Checkpoints;
using Detection.Learning.Pretraining;
using Detection.Model;
using Detection.Text;

namespace Detection.Tests.Learning.Pretraining;

public sealed class LanguageModelTrainingTests : IDisposable
{
    private readonly TinyCorpus _corpus = new();

    [Fact]
    public void A_run_that_is_killed_goes_on_as_if_it_had_not_been()
    {
        var straight = _corpus.Train("straight", 20);

        _corpus.Train("killed", 10);
        string checkpoint = Path.Combine(_corpus.Folder("killed"), "checkpoint.safetensors");
        byte[] atTen = File.ReadAllBytes(checkpoint);
        _corpus.Train("killed", 13);
        // kill -9 in the middle of the save at 13: the checkpoint of step 10 stands, beside half of a new one.
        File.WriteAllBytes(checkpoint, atTen);
        string half = checkpoint + ".1a-00.tmp";
        File.WriteAllBytes(half, atTen[..100]);
        var resumed = _corpus.Train("killed", 20);

        Assert.Equal(Enumerable.Range(11, 10).Select(step => (long)step), resumed.Select(line => line.Step));
        Assert.Equal(straight.Skip(10).Select(line => (line.Loss, line.GradientNorm, line.ValidationLoss)), resumed.Select(line => (line.Loss, line.GradientNorm, line.ValidationLoss)));
        Assert.False(File.Exists(half));
        Assert.Equal(20, LossCurve.Read(Path.Combine(_corpus.Folder("killed"), "log.jsonl")).Count);
    }

    [Fact]
    public void The_loss_falls_and_the_rate_warms_up_and_decays()
    {
        var lines = _corpus.Train("run", 60, decay: 20);
        Assert.InRange(lines[0].Loss, 5.4, 6.1);                                                  // ln 300 = 5.70
        Assert.True(lines[^1].Loss < lines[0].Loss - 1.5, $"{lines[0].Loss} to {lines[^1].Loss}");
        Assert.True(lines[^1].ValidationLoss < 5.70 - 1, $"{lines[^1].ValidationLoss}");
        Assert.True(lines[0].Rate < lines[10].Rate && lines[10].Rate == lines[39].Rate && lines[45].Rate < lines[39].Rate && lines[^1].Rate == 0);
    }

    [Fact]
    public void Cancelling_stops_after_the_step_with_a_checkpoint()
    {
        using var stop = new CancellationTokenSource();
        using (var training = new LanguageModelTraining(_corpus.Options("run"), TimeProvider.System))
            training.Run(new Stop(stop, at: 3), stop.Token);
        using var resumed = new LanguageModelTraining(_corpus.Options("run"), TimeProvider.System);
        Assert.Equal(3, resumed.Step);
    }

    [Fact]
    public void Another_shape_is_refused_by_the_tensor_that_differs()
    {
        _corpus.Train("run", 1);
        var options = _corpus.Options("run");
        var refused = Assert.Throws<InvalidDataException>(() => new LanguageModelTraining(options with { Shape = options.Shape with { FeedForward = 64 } }, TimeProvider.System));
        Assert.Contains("mlp.gate_proj.weight", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Restricted_sources_and_the_texts_of_other_uses_are_not_read()
    {
        _corpus.Add("Reuters words that nobody else has: zyzzyva quixotry", "reuters-2006-2013");
        Assert.DoesNotContain(_corpus.Read(), text => text.Contains("zyzzyva", StringComparison.Ordinal));
        Assert.All(_corpus.Read(), text => Assert.DoesNotContain("  ", text, StringComparison.Ordinal));
        int all = File.ReadLines(_corpus.Corpus).Count();
        Assert.InRange(_corpus.Read().Count(), all / 2, all - 2);
        // Half of the documents keep their line breaks.
        Assert.InRange(_corpus.Read().Count(text => text.Contains('\n', StringComparison.Ordinal)), all / 5, all * 3 / 5);
    }

    [Fact]
    public void A_line_that_is_no_document_is_named()
    {
        File.AppendAllLines(_corpus.Corpus, ["{\"text\": 5}"]);
        var refused = Assert.Throws<InvalidDataException>(() => CorpusReader.Read(_corpus.Corpus).Count());
        Assert.Contains("corpus.jsonl:121", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exported_folder_is_a_Hugging_Face_checkpoint_in_bfloat16()
    {
        _corpus.Train("run", 3, exportTo: "out");
        var shape = _corpus.Options("run").Shape;
        using var checkpoint = Checkpoint.Open(_corpus.Folder("out"));
        Assert.Equal("llama", checkpoint.Family);
        Assert.Equal(shape.Tensors().Select(one => one.Name).Order(), checkpoint.Tensors.Keys.Order());
        Assert.All(shape.Tensors(), one => Assert.Equal(one.Shape, checkpoint.Tensors[one.Name].Shape));
        Assert.All(checkpoint.Tensors.Values, one => Assert.Equal(TensorType.BF16, one.Type));
        Assert.Equal(shape.Parameters, checkpoint.Tensors.Values.Sum(one => one.Count));
        Assert.Equal(shape.Context, checkpoint.Config.GetProperty("max_position_embeddings").GetInt32());
        Assert.True(checkpoint.Config.GetProperty("tie_word_embeddings").GetBoolean());
        var tokenizer = TokenizerFile.Read(Path.Combine(_corpus.Folder("out"), "tokenizer.json"));
        Assert.Equal(shape.Vocabulary, tokenizer.Ids.Count);
        Assert.NotNull(checkpoint.Tokenizer);
    }

    /// <summary>Training has its own forward pass and tokenizer; rounding the weights to bfloat16 is all that may part them.</summary>
    [Fact]
    public void The_exported_model_says_when_it_serves_what_it_said_in_training()
    {
        string longText = string.Concat(Enumerable.Repeat("the cat ate 12 fish while it rained in Bremen. ", 60));
        string[] texts = ["t", "the cat sat on a mat.", "Naïve — “quoted” 😀 12\n\nBye", longText];
        using var training = new LanguageModelTraining(_corpus.Options("run") with { Steps = 30 }, TimeProvider.System);
        training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
        training.Export(_corpus.Folder("out"));
        using var checkpoint = Checkpoint.Open(_corpus.Folder("out"));
        using var scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        var serving = BitsPerByte.By(scorer, Tokenizer.Load(_corpus.Folder("out")));
        foreach (var (text, (bits, count)) in texts.Zip(serving(texts)))
        {
            var (expected, tokens) = training.Bits(text);
            Assert.Equal(tokens, count);
            Assert.InRange(bits, expected * 0.99, expected * 1.01);
        }
        Assert.True(training.Bits(longText).Tokens > 2 * scorer.MaxTokens);
    }

    [Fact]
    public void The_bundled_shape_fits_its_budget()
    {
        var shape = new LlamaShape();
        Assert.Equal(shape.Parameters, shape.Tensors().Sum(one => one.Shape.Aggregate(1L, (product, size) => product * size)));
        Assert.InRange(shape.Parameters, 10_000_000, 11_000_000);
        Assert.True(shape.Parameters * 2 + 16_384 <= 21 << 20);
        Assert.Equal(1024, shape.Context);
    }

    [Fact]
    public void A_long_text_costs_what_its_windows_cost()
    {
        using var training = new LanguageModelTraining(_corpus.Options("run") with { Steps = 0 }, TimeProvider.System);
        string text = string.Concat(Enumerable.Repeat("the cat sat on a mat. ", 60));
        var (bits, tokens) = training.Bits(text);
        Assert.True(tokens > 2 * 160, $"{tokens}");
        Assert.InRange(bits / tokens, 7.5, 9.2);                                                  // log₂ 300 = 8.2: nothing is learnt yet
        Assert.Equal((0d, 0), training.Bits(""));
        Assert.Equal(1, training.Bits("t").Tokens);
    }

    public void Dispose() => _corpus.Dispose();

    private sealed class Stop(CancellationTokenSource source, long at) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == at) source.Cancel();
        }
    }
}
