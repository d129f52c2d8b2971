using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

/// <summary>The reference data, read whole: <c>data/spam</c>, <c>data/synthetic</c>, <c>data/campaigns</c>, <c>data/manipulation</c>.</summary>
public sealed class SharedSourcesTests
{
    [Fact]
    public void The_mails_of_the_archive_are_read_whole()
    {
        using var folder = new TemporaryFolder();
        using (var zip = new GZipStream(File.OpenRead(Repository.Shared("data", "spam", "sample-eml.tar.gz")), CompressionMode.Decompress)) TarFile.ExtractToDirectory(zip, folder.Path, overwriteFiles: false);
        var items = Read(folder.Path);
        Assert.Equal(400, items.Count(item => item.Message is { Text.Length: > 0, Id.Length: > 0 }));
        Assert.Equal(items.Select(item => item.Path).Order(StringComparer.Ordinal), items.Select(item => item.Path));
    }

    /// <summary>The index names each mail by its id in the data files, whose <c>raw</c> is the same mail before it was quoted.</summary>
    [Fact]
    public void The_mails_of_the_mbox_are_those_of_its_index()
    {
        var raw = new[] { "email-spamassassin.jsonl.gz", "email-phishing-pot.jsonl.gz" }.SelectMany(name => Lines(Repository.Shared("data", "spam", name)))
            .Where(line => line.TryGetProperty("raw", out _)).ToDictionary(line => line.GetProperty("id").GetString()!, line => line.GetProperty("raw").GetString()!);
        var index = File.ReadLines(Repository.Shared("data", "spam", "sample.mbox.index.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!).ToList();
        var mails = Read(Repository.Shared("data", "spam", "sample.mbox.gz"));
        Assert.Equal(300, mails.Count);
        Assert.Equal(index.Count, mails.Count);
        Assert.InRange(index.Count(raw.ContainsKey), 250, 300);   // the largest mails stand there without raw
        Assert.All(index.Zip(mails).Where(pair => raw.ContainsKey(pair.First)), pair =>
        {
            var expected = MessageExtraction.Extract(new Message { Raw = raw[pair.First], RawEncoding = "latin1" }, new IngestOptions());
            Assert.Equal((expected.Subject, expected.Text!.TrimEnd()), (pair.Second.Message!.Subject, pair.Second.Message.Text!.TrimEnd()));
        });
    }

    [Theory]
    [InlineData("spam", "sms.jsonl.gz", 6176)]
    [InlineData("spam", "youtube-comments.jsonl.gz", 1576)]
    [InlineData("spam", "email-enron.jsonl.gz", 5934)]
    [InlineData("spam", "email-spamassassin.jsonl.gz", 4228)]
    [InlineData("spam", "email-phishing-pot.jsonl.gz", 1034)]
    [InlineData("synthetic", "emails.jsonl.gz", 2642)]
    [InlineData("synthetic", "tweepfake.jsonl.gz", null)]
    [InlineData("campaigns", "stream-1-debate.jsonl.gz", null)]
    [InlineData("manipulation", "phishing-cues.jsonl.gz", null)]
    public void Every_line_of_a_data_file_is_a_message(string task, string name, int? count)
    {
        string path = Repository.Shared("data", task, name);
        var items = Read(path);
        Assert.All(items, item => Assert.True(item.Error is null, $"{item.Place}: {item.Error}"));
        Assert.Equal(count ?? Lines(path).Count(), items.Count);
        Assert.All(Lines(path).Zip(items), pair => Assert.Equal(pair.First.GetProperty("id").GetString(), pair.Second.Message!.Id));
    }

    private static List<IngestItem> Read(string path) => [.. MessageSources.Read([path], new IngestOptions(), Stream.Null)];

    private static IEnumerable<JsonElement> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return JsonDocument.Parse(line).RootElement;
    }
}
