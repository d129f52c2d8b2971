using Detection.Checkpoints;
using Detection.Learning.Pretraining;
using Detection.Model;
using Detection.Text;

namespace Detection.Tests.Learning.Pretraining;

public sealed class ModelCutTests : IDisposable
{
    private const int Kept = 280;
    private readonly TinyCorpus _corpus = new();

    [Fact]
    public void Blocks_and_the_first_ids_stay_and_the_rest_goes()
    {
        using var full = Trained();
        var shape = Cut(full);
        Assert.Equal((2, Kept, 32), (shape.Layers, shape.Vocabulary, shape.Width));
        using var cut = Checkpoint.Open(_corpus.Folder("cut"));
        Assert.Equal(shape.Tensors().Select(one => one.Name).Order(), cut.Tensors.Keys.Order());
        Assert.Equal(Rounded(full, "model.layers.2.mlp.up_proj.weight"), Values(cut, "model.layers.1.mlp.up_proj.weight"));
        Assert.Equal(Rounded(full, "model.embed_tokens.weight")[..(Kept * 32)], Values(cut, "model.embed_tokens.weight"));
        Assert.Equal(Values(full, "model.norm.weight"), Values(cut, "model.norm.weight"));
    }

    [Fact]
    public void The_shorter_tokenizer_spells_every_text_with_the_ids_that_stayed()
    {
        using var full = Trained();
        Cut(full);
        var tokenizer = Tokenizer.Load(_corpus.Folder("cut"));
        var longer = Tokenizer.Load(_corpus.Folder("full"));
        foreach (string text in new[] { "the cat sat on a mat.", "Naïve — “quoted” 😀 12", "Bremen while fish" })
        {
            Assert.All(tokenizer.Encode(text).Ids, id => Assert.InRange(id, 0, Kept - 1));
            Assert.True(tokenizer.Encode(text).Count >= longer.Encode(text).Count);
        }
    }

    [Fact]
    public void What_is_frozen_stays_and_the_rest_is_healed()
    {
        using (var full = Trained()) Cut(full);
        var options = _corpus.Options("healed") with { From = _corpus.Folder("cut"), Frozen = 1, Steps = 40, DecaySteps = 10 };
        double first;
        using (var training = new LanguageModelTraining(options, TimeProvider.System))
        {
            first = training.ValidationLoss()!.Value;
            Assert.Equal(Kept, training.Shape.Vocabulary);
            training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
            Assert.True(training.ValidationLoss() < first, $"{training.ValidationLoss()} after {first}");
            training.Export(_corpus.Folder("out"));
            training.ExportGguf(_corpus.Folder("out.gguf"), "tiny", "Apache-2.0");
        }
        using (var resumed = new LanguageModelTraining(options, TimeProvider.System)) Assert.Equal(40, resumed.Step);
        using var cut = Checkpoint.Open(_corpus.Folder("cut"));
        using var file = Checkpoint.Open(_corpus.Folder("out.gguf"));
        foreach (string frozen in new[] { "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight", "model.layers.0.mlp.down_proj.weight" })
        {
            Assert.Equal(TensorType.Q4_1, file.Tensors[frozen].Type);
            Assert.All(Values(cut, frozen).Zip(Values(file, frozen)), pair => Assert.InRange(pair.First - pair.Second, -2e-3, 2e-3));
        }
        Assert.Equal(TensorType.Q8_0, file.Tensors["model.layers.1.self_attn.q_proj.weight"].Type);
        Assert.NotEqual(Values(cut, "model.layers.1.self_attn.q_proj.weight"), Values(file, "model.layers.1.self_attn.q_proj.weight"));
    }

    [Fact]
    public void A_cut_model_learns_what_its_teacher_predicts()
    {
        using (var full = Trained()) Cut(full);
        var options = _corpus.Options("taught") with { From = _corpus.Folder("cut"), Frozen = 1, Steps = 40, DecaySteps = 10, Teacher = _corpus.Folder("full") };
        using (var training = new LanguageModelTraining(options, TimeProvider.System))
        {
            double first = training.ValidationLoss()!.Value;
            training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
            Assert.True(training.ValidationLoss() < first, $"{training.ValidationLoss()} after {first}");
        }
        // A model that is its own teacher has nothing to learn, whatever token came.
        var own = _corpus.Options("own") with { From = _corpus.Folder("cut"), Steps = 1, LogEvery = 1, Teacher = _corpus.Folder("cut") };
        using (var training = new LanguageModelTraining(own, TimeProvider.System)) training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
        Assert.InRange(LossCurve.Read(Path.Combine(_corpus.Folder("own"), LanguageModelTraining.LogName))[0].GradientNorm, 0, 1e-4);
        using (var training = new LanguageModelTraining(own with { Folder = _corpus.Folder("plain"), Teacher = null }, TimeProvider.System)) training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
        Assert.InRange(LossCurve.Read(Path.Combine(_corpus.Folder("plain"), LanguageModelTraining.LogName))[0].GradientNorm, 1e-2, 1e3);
    }

    [Fact]
    public void A_teacher_that_means_something_else_by_an_id_is_refused()
    {
        using (var full = Trained()) Cut(full);
        // The shorter vocabulary lacks ids of the longer one.
        Assert.Contains("id ", Assert.Throws<CheckpointException>(() => new LanguageModelTraining(_corpus.Options("no") with { From = _corpus.Folder("full"), Teacher = _corpus.Folder("cut") }, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    /// <summary>Rows of queries and keys lie in another order in GGUF, and its tokenizer is written anew: both show in what the file says about a text.</summary>
    [Fact]
    public void The_one_file_says_what_the_folder_says()
    {
        using (var full = Trained()) Cut(full);
        using (var training = new LanguageModelTraining(_corpus.Options("healed") with { From = _corpus.Folder("cut"), Frozen = 1, Steps = 20 }, TimeProvider.System))
        {
            training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
            training.Export(_corpus.Folder("out"));
            training.ExportGguf(_corpus.Folder("out.gguf"), "tiny", "Apache-2.0");
        }
        string[] texts = ["the cat sat on a mat and it rained.", "Naïve — “quoted” 😀 12", "while fish ate the cat in Bremen"];
        foreach (var (folder, file) in Bits(_corpus.Folder("out"), texts).Zip(Bits(_corpus.Folder("out.gguf"), texts)))
        {
            Assert.Equal(folder.Tokens, file.Tokens);
            Assert.InRange(file.Bits / folder.Bits, 0.98, 1.02);
        }
    }

    [Fact]
    public void What_cannot_be_cut_is_refused_by_name()
    {
        using var full = Trained();
        Assert.Contains("blocks are 0 … 2", Assert.Throws<CheckpointException>(() => ModelCut.Write(full, [0, 3], Kept, _corpus.Folder("no"))).Message, StringComparison.Ordinal);
        Assert.Contains("1 … 300", Assert.Throws<CheckpointException>(() => ModelCut.Write(full, [0], 301, _corpus.Folder("no"))).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _corpus.Dispose();

    private Checkpoint Trained()
    {
        var options = _corpus.Options("full-run");
        using (var training = new LanguageModelTraining(options with { Shape = options.Shape with { Layers = 3, FeedForward = 64 }, Steps = 30 }, TimeProvider.System))
        {
            training.Run(new Progress<TrainingProgress>(), TestContext.Current.CancellationToken);
            training.Export(_corpus.Folder("full"));
        }
        return Checkpoint.Open(_corpus.Folder("full"));
    }

    private LlamaShape Cut(Checkpoint full) => ModelCut.Write(full, [0, 2], Kept, _corpus.Folder("cut"));

    private static IReadOnlyList<(double Bits, int Tokens)> Bits(string model, string[] texts)
    {
        using var checkpoint = Checkpoint.Open(model);
        using var scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        return BitsPerByte.By(scorer, new Tokenizer(checkpoint.Tokenizer!.Value, checkpoint.Config))(texts);
    }

    private static float[] Values(Checkpoint model, string name)
    {
        float[] values = new float[model.Tensors[name].Count];
        model.Read(name, values);
        return values;
    }

    private static float[] Rounded(Checkpoint model, string name)
    {
        float[] values = Values(model, name);
        Quantiser.Round(TensorType.Q4_1, values);
        return values;
    }
}
