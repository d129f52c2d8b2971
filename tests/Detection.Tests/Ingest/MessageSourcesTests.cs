using System.IO.Compression;
using System.IO.Pipes;
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

    [Fact]
    public void Bytes_are_kept_for_those_who_send_them_on_and_else_are_not()
    {
        using var folder = new TemporaryFolder();
        string line = """{"id":"1",  "text":"x", "own":1}""", mail = "Subject: s\nFrom: a@b.example\n\nbody\n";
        string[] files =
        [
            Write(folder, "a.jsonl", line + "\r\n"),
            Write(folder, "b.mbox", "From a@b.example Tue Mar  3 10:00:00 2026\n" + mail),
            Write(folder, "c.json", """[{"id":"2","text":"y"},{"id":"3","text":"z"}]"""),
        ];
        var kept = MessageSources.Read(files, Options with { KeepBytes = true }, Stream.Null).ToList();
        Assert.Equal([line, mail, """{"id":"2","text":"y","channel":"other"}""", """{"id":"3","text":"z","channel":"other"}"""], kept.Select(item => Encoding.UTF8.GetString(item.Bytes.Span)));
        Assert.Equal(["application/json", "message/rfc822", "application/json", "application/json"], kept.Select(item => item.ContentType));
        Assert.All(MessageSources.Read(files, Options, Stream.Null), item => Assert.True(item.Bytes.IsEmpty));
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
        Gen.Select(Pick.Of("a.eml", "a.mbox", "a.jsonl", "a.txt", "a", "a.gz"), Gen.OneOf(Gen.Byte.Array[0, 300], Pick.Of("From ", "\n\n", "From a 1:00\n", "Content-Length: 5\n", "{\"text\":\"", "\"}\n", ">From ", "x: y\n").Array[0, 30].Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts)))))
            .Sample((name, bytes) =>
            {
                using var folder = new TemporaryFolder();
                File.WriteAllBytes(folder.File(name), bytes);
                foreach (var item in Read(folder.File(name))) Assert.True(item.Message is null != item.Error is null);
            }, iter: 300);

    [Theory]
    [InlineData("From: a@b.example\nTo: c@d.example\nSubject: s\n\nmail words", "mail words")]
    [InlineData("From a@b.example Tue Mar  3 10:00:00 2026\nS: 1\n\none\n\nFrom a@b.example Tue Mar  3 10:00:00 2026\nS: 2\n\ntwo", "one|two")]
    [InlineData("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "a|b")]
    [InlineData("\uFEFF[{\"text\":\"a\"},\n {\"text\":\"b\"}]\n", "a|b")]
    [InlineData("{\n  \"text\": \"a\"\n}\n", "a")]
    [InlineData("From the beginning: it rained.\nAnd it went on.", "From the beginning: it rained.\nAnd it went on.")]
    [InlineData("[Reminder] pay\n{name}, now", "[Reminder] pay\n{name}, now")]
    [InlineData("Ann: hi\nBob: hey", "Ann: hi\nBob: hey")]
    [InlineData("Subject: s\n\nwords", "words")]
    public void What_comes_on_standard_input_is_told_by_its_first_bytes(string input, string texts)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(input);
        Assert.Equal(texts.Split('|'), MessageSources.Read(["-"], Options, new MemoryStream(bytes)).Select(item => item.Message?.Text?.TrimEnd()));
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zip.Write(bytes);
        packed.Position = 0;
        Assert.Equal(texts.Split('|'), MessageSources.Read(["-"], Options, packed).Select(item => item.Message?.Text?.TrimEnd()));
    }

    [Fact]
    public void A_stream_that_is_still_being_written_gives_its_lines_as_they_come()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
        pipe.Write("{\"text\":\"first\"}\n"u8);
        using var items = MessageSources.Read(["-"], Options, reader).GetEnumerator();
        Assert.True(items.MoveNext());
        Assert.Equal("first", items.Current.Message!.Text);
    }

    [Fact]
    public void A_maildir_is_its_mails_and_its_folders_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "cur", "new", "tmp", ".Sent/cur", ".Sent/new" }) Directory.CreateDirectory(folder.File(name));
        foreach (string name in new[] { "new/3.host", "cur/2.host:2,S", "cur/10.host:2,", ".Sent/cur/1.host:2,S" }) Write(folder, name, $"X-Only: header\n\n{Path.GetFileName(name)}");
        foreach (string name in new[] { "dovecot.index", "subscriptions", "tmp/4.host" }) Write(folder, name, "\0not a mail");
        Assert.Equal(["1.host:2,S", "10.host:2,", "2.host:2,S", "3.host"], Read(folder.Path).Select(item => item.Message!.Text!.TrimEnd()));
        Assert.Equal(["10.host:2,", "2.host:2,S"], Read(folder.File("cur/")).Select(item => item.Message!.Text!.TrimEnd()));
    }

    [Fact]
    public void Files_come_in_the_order_of_their_whole_paths()
    {
        using var folder = new TemporaryFolder();
        string[] names = ["B.txt", "a.txt", "a/2.txt", "a/10.txt", "a-b/1.txt", "ä.txt"];
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            Write(folder, name, name);
        }
        Assert.Equal(names.Order(StringComparer.Ordinal), Read(folder.Path).Select(item => item.Message!.Text));
    }

    [Fact]
    public void A_link_back_to_a_folder_above_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "a.txt", "once");
        Directory.CreateSymbolicLink(folder.File("loop"), folder.Path);
        Assert.Single(Read(folder.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("no/such/file.eml")]
    public void A_path_that_leads_nowhere_is_an_error_and_the_others_go_on(string path)
    {
        var items = MessageSources.Read([path, "-"], Options, new MemoryStream("words"u8.ToArray())).ToList();
        Assert.Equal((path, "words"), (items[0].Path, items[1].Message!.Text));
        Assert.NotNull(items[0].Error);
    }

    [Fact]
    public void A_line_that_is_too_long_is_named_by_its_number()
    {
        using var folder = new TemporaryFolder();
        string file = Write(folder, "a.jsonl", $"{{\"text\":\"a\"}}\n{{\"text\":\"{new string('x', 5000)}\"}}\n{{\"text\":\"b\"}}");
        var items = MessageSources.Read([file], new IngestOptions { MaxMessageBytes = 2000 }, Stream.Null).ToList();
        Assert.Equal([$"{file}:1", $"{file}:2", $"{file}:3"], items.Select(item => item.Place));
        Assert.Contains("longer", items[1].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-8")]
    [InlineData("iso-8859-1")]
    public void Plain_text_is_read_in_the_charset_that_it_is_in(string charset)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.txt"), "Ein schöner Tag, für alle", Encoding.GetEncoding(charset));
        Assert.Equal("Ein schöner Tag, für alle", Assert.Single(Read(folder.Path)).Message!.Text);
    }

    [Fact]
    public void An_archive_of_lines_without_end_is_stopped()
    {
        using var folder = new TemporaryFolder();
        using (var zip = new GZipStream(File.Create(folder.File("a.jsonl.gz")), CompressionLevel.Optimal))
        {
            byte[] lines = new byte[1 << 20];
            Array.Fill(lines, (byte)' ');
            lines[^1] = (byte)'\n';
            for (int i = 0; i < 100; i++) zip.Write(lines);
        }
        Assert.Contains("250 times", Assert.Single(Read(folder.Path)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_that_ends_too_early_gives_what_it_holds_and_an_error()
    {
        using var folder = new TemporaryFolder();
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            for (int i = 0; i < 20_000; i++) zip.Write("{\"text\":\"a\"}\n"u8);
        File.WriteAllBytes(folder.File("a.jsonl.gz"), packed.ToArray()[..^1000]);
        var items = Read(folder.Path);
        Assert.True(items.Count > 1000);
        Assert.NotNull(items[^1].Error);
    }

    private static List<IngestItem> Read(string path) => [.. MessageSources.Read([path], Options, Stream.Null)];

    private static string Write(TemporaryFolder folder, string name, string content)
    {
        File.WriteAllText(folder.File(name), content);
        return folder.File(name);
    }
}
