using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class MessageSourcesTests
{
    private static readonly IngestOptions Options = new();

    [Fact]
    public void Json_lines_keep_their_order_and_a_broken_line_is_an_error_with_its_number()
    {
        using var folder = new TemporaryFolder();
        string file = Write(folder, "a.jsonl", """
            {"id":"1","text":"x","domain":"tweet","timestamp":"2026-01-01T00:00:00Z","labels":["spam"],"author":"u"}
            {"id":"2"}

            {"id":"3","text":"Subject: Hello\nbody"}
            """);
        var items = Read(file);
        Assert.Equal([1, 2, 4], items.Select(item => item.Position));
        Assert.Equal((Channel.Social, 2026), (items[0].Message!.Channel, items[0].Message!.SentAt!.Value.Year));
        Assert.Contains("text", items[1].Error, StringComparison.Ordinal);
        Assert.Equal(("Hello", "body"), (items[2].Message!.Subject, items[2].Message!.Text));
    }

    [Theory]
    [InlineData("From a@b.example Tue Mar  3 10:00:00 2026\nSubject: 1\n\none\n>From here\n>>From there\n\nFrom c@d.example Tue Mar  3 10:00:01 2026\nSubject: 2\n\ntwo\n", "one\nFrom here\n>From there|two")]
    [InlineData("From a@b.example Tue Mar  3 10:00:00 2026\nSubject: 1\n\nFrom the start it rained.\n\nFrom c@d.example Tue Mar  3 10:00:01 2026\n\ntwo\n", "From the start it rained.|two")]
    [InlineData("From a@b.example Tue Mar  3 10:00:00 2026\nContent-Length: 62\n\nquote:\n\nFrom x@y.example Tue Mar  3 10:00:00 2026\n>From kept\n\nFrom c@d.example Tue Mar  3 10:00:01 2026\n\ntwo\n", "quote:\n\nFrom x@y.example Tue Mar  3 10:00:00 2026\n>From kept|two")]
    [InlineData("From a@b.example Tue Mar  3 10:00:00 2026\nContent-Length: 999\n\none\n\nFrom c@d.example Tue Mar  3 10:00:01 2026\n\ntwo\n", "one|two")]
    public void Every_dialect_of_mbox_is_split_and_unquoted(string mbox, string texts)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(texts.Split('|'), Read(Write(folder, "a.mbox", mbox)).Select(item => item.Message!.Text!.TrimEnd()));
    }

    [Fact]
    public void A_folder_mixes_everything_in_ordinal_order_and_names_what_is_broken()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("d/cur"));
        Directory.CreateDirectory(folder.File("d/new"));
        Directory.CreateDirectory(folder.File("d/tmp"));
        Write(folder, "a.eml", "From: a@b.example\nSubject: mail\n\nmail");
        Write(folder, "b.txt", "text");
        Write(folder, "c.bin", "\0\u0001\u0002");
        Write(folder, "d/cur/1.host:2,S", "From: a@b.example\nTo: c@d.example\n\nmaildir");
        Write(folder, "d/tmp/2.host", "From: a@b.example\nTo: c@d.example\n\nnot yet there");
        using (var zip = new GZipStream(File.Create(folder.File("e.jsonl.gz")), CompressionLevel.Fastest)) zip.Write("{\"text\":\"zipped\"}\n"u8);
        File.WriteAllBytes(folder.File("f.txt.gz"), [1, 2, 3, 4]);
        var items = Read(folder.Path);
        Assert.Equal(["mail", "text", null, "maildir", "zipped", null], items.Select(item => item.Message?.Text?.TrimEnd()));
        Assert.Equal(["c.bin", "f.txt.gz"], items.Where(item => item.Error is not null).Select(item => Path.GetFileName(item.Path)));
    }

    [Fact]
    public void A_small_archive_that_unpacks_to_too_much_is_refused()
    {
        using var folder = new TemporaryFolder();
        string bomb = folder.File("bomb.txt.gz");
        using (var zip = new GZipStream(File.Create(bomb), CompressionLevel.Fastest))
            for (int i = 0; i < 40; i++) zip.Write(new byte[1 << 20].AsSpan().ToArray().Select(_ => (byte)'a').ToArray());
        Assert.Contains("larger than", Assert.Single(Read(bomb)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_in_any_file_give_items() =>
        Gen.Select(Pick("a.eml", "a.mbox", "a.jsonl", "a.txt", "a", "a.gz"), Gen.OneOf(Gen.Byte.Array[0, 300], Pick("From ", "\n\n", "From a 1:00\n", "Content-Length: 5\n", "{\"text\":\"", "\"}\n", ">From ", "x: y\n").Array[0, 30].Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts)))))
            .Sample((name, bytes) =>
            {
                using var folder = new TemporaryFolder();
                File.WriteAllBytes(folder.File(name), bytes);
                foreach (var item in Read(folder.File(name))) Assert.True(item.Message is null != item.Error is null);
            }, iter: 300);

    [Fact]
    public void The_shared_mails_and_mbox_are_read_whole()
    {
        string spam = Repository.Shared("data", "spam");
        using var folder = new TemporaryFolder();
        using (var zip = new GZipStream(File.OpenRead(Path.Combine(spam, "sample-eml.tar.gz")), CompressionMode.Decompress)) TarFile.ExtractToDirectory(zip, folder.Path, overwriteFiles: false);
        Assert.Equal(400, Read(folder.Path).Count(item => item.Message is { Text: not null }));

        var mbox = Read(Path.Combine(spam, "sample.mbox.gz"));
        Assert.Equal(File.ReadLines(Path.Combine(spam, "sample.mbox.index.jsonl")).Count(), mbox.Count(item => item.Message is not null));
    }

    [Theory]
    [InlineData("spam", "sms.jsonl.gz", 6176)]
    [InlineData("synthetic", "emails.jsonl.gz", 2642)]
    public void The_shared_json_lines_are_read_whole(string task, string name, int count) =>
        Assert.Equal(count, Read(Repository.Shared("data", task, name)).Count(item => item.Message is not null));

    private static List<IngestItem> Read(string path) => [.. MessageSources.Read([path], Options, Stream.Null)];

    private static string Write(TemporaryFolder folder, string name, string content)
    {
        File.WriteAllText(folder.File(name), content);
        return folder.File(name);
    }

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
