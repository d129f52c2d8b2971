using System.Buffers.Binary;
using Detection.Learning.Pretraining;
using Detection.Tests.Standalone;

namespace Detection.Tests.Learning.Pretraining;

public sealed class LossCurveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_picture_has_its_size()
    {
        string png = _folder.File("loss.png");
        LossCurve.Draw([Line(20, 8, null), Line(40, 6, null), Line(60, 5, 5.2), Line(80, 4.5, 4.9)], png, "compact");
        byte[] bytes = File.ReadAllBytes(png);
        Assert.Equal(0x89504E470D0A1A0AUL, BinaryPrimitives.ReadUInt64BigEndian(bytes));
        Assert.Equal((960, 540), (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20))));
    }

    [Fact]
    public void Steps_repeated_after_a_kill_count_once_and_a_cut_last_line_not_at_all()
    {
        string log = _folder.File("log.jsonl");
        File.WriteAllText(log, """
            {"step":20,"steps":99,"tokens":200,"loss":8,"rate":0.1,"gradientNorm":1,"tokensPerSecond":5}
            {"step":40,"steps":99,"tokens":400,"loss":7,"rate":0.1,"gradientNorm":1,"tokensPerSecond":5}
            {"step":40,"steps":99,"tokens":400,"loss":6,"validationLoss":6.5,"rate":0.1,"gradientNorm":1,"tokensPerSecond":5}
            {"step":60,"steps":9
            """);
        Assert.Equal([(20L, 8d, null), (40L, 6d, 6.5d)], LossCurve.Read(log).Select(line => (line.Step, line.Loss, line.ValidationLoss)));
    }

    [Fact]
    public void A_line_that_is_no_progress_is_named()
    {
        string log = _folder.File("log.jsonl");
        File.WriteAllLines(log, ["nonsense", "{}"]);
        Assert.Contains("log.jsonl:1", Assert.Throws<InvalidDataException>(() => LossCurve.Read(log)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_runs_are_drawn_in_one_picture_and_a_folder_without_a_run_is_named()
    {
        foreach (string run in new[] { "six", "four" })
        {
            Directory.CreateDirectory(_folder.File(run));
            File.WriteAllText(Path.Combine(_folder.File(run), LanguageModelTraining.LogName), """{"step":20,"steps":99,"tokens":200,"loss":8,"rate":0.1,"gradientNorm":1,"tokensPerSecond":5}""");
            File.WriteAllText(Path.Combine(_folder.File(run), "tokenizer.json"), """{"model":{"vocab":{"<|endoftext|>":0,"a":1,"ab":2},"merges":["a b"]}}""");
            File.WriteAllBytes(Path.Combine(_folder.File(run), "tokens.bin"), [1, 0, 2, 0, 2, 0, 0, 0]);
        }
        Assert.Equal(1.25, LanguageModelTraining.BytesPerToken(_folder.File("six")));
        string png = _folder.File("curves.png");
        var drawn = await TheCommand.RunAsync(["train", "curves", _folder.File("six"), _folder.File("four"), "--output", png]);
        Assert.Equal(0, drawn.ExitCode);
        Assert.Equal(0x89504E470D0A1A0AUL, BinaryPrimitives.ReadUInt64BigEndian(File.ReadAllBytes(png)));
        var missing = await TheCommand.RunAsync(["train", "curves", _folder.File("five"), "--output", png]);
        Assert.NotEqual(0, missing.ExitCode);
        Assert.Contains("five", missing.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static TrainingProgress Line(long step, double loss, double? held) => new(step, 100, step * 4096, loss, held, 1e-3, 1, 1000);
}
