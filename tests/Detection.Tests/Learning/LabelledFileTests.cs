using Detection.Contracts;
using Detection.Learning.Data;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Learning;

public sealed class LabelledFileTests
{
    [Fact]
    public void The_three_shapes_are_told_apart_by_their_fields()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "some.jsonl");
        File.WriteAllLines(path,
        [
            """{"id":"1","text":"a","label":"machine","generator":"gpt2","domain":"tweet","split":"dev","group":"g","intent":"phishing"}""",
            """{"id":"2","text":"Subject: b\n\nc","labels":["spam"],"source":"enron-spam/enron4","split":"valid","channel":"email"}""",
            """{"id":"3","text":"d","labels":["reward_lure"],"source_labels":["Offer"],"source":"malloy-phish/gpt","split":"train","channel":"email"}""",
        ]);
        LabelledRow[] rows = [.. LabelledFile.Read(path)];
        Assert.Equal(["synthetic/some", "spam/some", "manipulation/some"], rows.Select(row => row.File));
        Assert.Equal((true, MailKind.Phishing, "g", Channel.Social), (rows[0].Machine, rows[0].Mail, rows[0].Group, rows[0].Message.Channel));
        Assert.Equal((false, MailKind.Spam, "dev"), (rows[1].Machine, rows[1].Mail, rows[1].Split));
        Assert.Equal([false, true, false], rows[2].Techniques!.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Key == "reward_lure"));
        Assert.True(rows[2].Techniques!["reward_lure"]);
        Assert.False(rows[2].Techniques!.ContainsKey("fear_threat"));
    }

    [Fact]
    public void Places_are_counted_in_code_points_and_read_as_utf16()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "some.jsonl");
        const string Start = """{"id":"1","text":"\ud83d\ude00\ud83d\ude00 vile \ud83d\ude00 lies","labels":[],"source_labels":[],"source":"semeval2021-task6" """;
        File.WriteAllLines(path,
        [
            Start + ""","spans":[{"start":3,"end":7,"technique":"loaded_language"},{"start":10,"end":99,"technique":"doubt_smear"},{"start":0,"end":1,"technique":null,"source_technique":"Repetition"}]}""",
            Start + ""","spans":[]}""",
            Start + "}",
        ]);
        LabelledRow[] rows = [.. LabelledFile.Read(path)];
        // The second runs past the text and is cut; the third is of no head.
        Assert.Equal([new TechniqueSpan(5, 9, "loaded_language"), new TechniqueSpan(13, 17, "doubt_smear")], rows[0].Spans!);
        Assert.Equal(["vile", "lies"], rows[0].Spans!.Select(span => rows[0].Text[span.Start..span.End]));
        Assert.Empty(rows[1].Spans!);
        Assert.Null(rows[2].Spans);
    }

    [Theory]
    [InlineData("""{"start":4,"end":5,"technique":"loaded_language"}""", "spans[0].start")]
    [InlineData("""{"start":-1,"end":5,"technique":"loaded_language"}""", "spans[0].start")]
    [InlineData("""{"start":2,"end":2,"technique":"loaded_language"}""", "spans[0].end")]
    [InlineData("""{"start":2,"technique":"loaded_language"}""", "spans[0].end")]
    [InlineData("""{"start":2,"end":3}""", "spans[0].technique is missing")]
    [InlineData("""{"start":2,"end":3,"technique":"reward_lure"}""", "'reward_lure' is none that the source annotates")]
    [InlineData("""{"start":0,"end":1,"technique":null},7""", "line")]
    public void A_wrong_place_is_refused_by_its_field(string spans, string reason) =>
        A_wrong_line_is_refused_with_file_line_and_field($$"""{"id":"1","text":"four","labels":[],"source_labels":[],"source":"ptc-semeval2020","spans":[{{spans}}]}""", reason == "line" ? "" : reason);

    [Theory]
    [InlineData("""{"id":"1","label":"machine"}""", "text is missing")]
    [InlineData("""{"id":"1","text":"a","label":"robot"}""", "label is 'robot'")]
    [InlineData("""{"id":"1","text":"a","labels":["other"]}""", "none of ham, spam, phishing")]
    [InlineData("""{"id":"1","text":"a","labels":[],"source_labels":[],"source":"unknown"}""", "'unknown' is not in the taxonomy")]
    [InlineData("{", "line")]
    public void A_wrong_line_is_refused_with_file_line_and_field(string line, string reason)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "some.jsonl");
        File.WriteAllText(path, "\n" + line + "\n");
        var wrong = Assert.Throws<InvalidDataException>(() => LabelledFile.Read(path).ToArray());
        Assert.StartsWith(path + ":2: ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(reason, wrong.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_row_whose_twin_is_measured_neither_teaches_nor_sets_thresholds()
    {
        string twin = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"word{i}"));
        var set = LabelledSet.Of([Row("a", "train", twin), Row("b", "test", twin + " more"), Row("c", "dev", "other words altogether"), Row("d", "train", "yet another text")]);
        Assert.Equal(["b", "c", "d"], set.Rows.Select(row => row.Row.Id));
        Assert.Equal(1, set.Removed);
    }

    [Fact]
    public void New_samples_teach_once_each_with_their_origin()
    {
        using var folder = new TemporaryFolder();
        var samples = new NewSamples(folder.Path, new FakeTimeProvider());
        var message = new Message { Id = "m", Text = "Buy now", Channel = Channel.Social };
        Assert.Equal(1, samples.Add([message, message, new Message { Id = "e", Text = " " }], SampleLabel.Machine, "bots.jsonl", "new-bot"));
        Assert.Equal(0, samples.Add([message], SampleLabel.Machine, "bots.jsonl", "new-bot"));
        Assert.Equal(1, samples.Add([message], SampleLabel.Spam, "/home/someone/caught | here/", null));
        var rows = samples.Read();
        Assert.Equal([("samples/machine/bots.jsonl", "new-bot"), ("samples/spam/caught___here", null)], rows.Select(row => (row.File, row.Generator)));
        Assert.Equal((true, MailKind.Spam), (rows[0].Machine, rows[1].Mail));
        Assert.All(rows, row => Assert.Equal("train", row.Split));
    }

    private static LabelledRow Row(string id, string split, string text) =>
        new() { Id = id, File = "synthetic/x", Task = LearningTask.Synthetic, Text = text, Message = new Message { Text = text }, Split = split, Machine = false };
}
