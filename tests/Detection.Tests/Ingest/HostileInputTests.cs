using System.Text;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

/// <summary>Input that costs parsers time out of proportion to its length. The bound is generous: what it catches takes minutes or never ends.</summary>
public sealed class HostileInputTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("nested blocks", "<div>", 50_000)]
    [InlineData("nested paragraphs in blocks", "<div><p>x", 30_000)]
    [InlineData("unclosed formatting before paragraphs", "<b id=#><p>x", 10_000)]
    [InlineData("nested links in tables", "<a href=x>y<table><tr><td>", 10_000)]
    [InlineData("text where a table allows none", "<table>x<b>", 20_000)]
    [InlineData("flat paragraphs", "<p>x", 90_000)]
    [InlineData("misnested formatting and blocks", "<i><div></i>x", 20_000)]
    [InlineData("blocks that are never closed by the end tag of another", "<span><div></span>", 20_000)]
    [InlineData("rules of style", "<style>.x{display:none}</style>", 5000)]
    [InlineData("opening braces", "<style>@media x{{{</style>", 5000)]
    [InlineData("hidden words", "<p hidden>x y z", 20_000)]
    [InlineData("comments that do not end", "<!--", 50_000)]
    [InlineData("svg", "<svg><g>", 20_000)]
    [InlineData("templates", "<template><p>", 10_000)]
    [InlineData("selects and buttons", "<button><select><option>x", 10_000)]
    public void Html(string name, string unit, int count)
    {
        string html = string.Concat(Enumerable.Range(0, count).Select(i => unit.Replace("#", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))) + "end";
        ThreadTime.Within(name, Bound, () => Assert.NotNull(MessageExtraction.Extract(new Message { Html = html }, new IngestOptions()).Text));
    }

    [Fact]
    public void A_tag_with_very_many_attributes() =>
        ThreadTime.Within("attributes", Bound, () => MessageExtraction.Extract(new Message { Html = "<p " + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"a{i}=1 style='color:red' ")) + ">x" }, new IngestOptions()));

    [Theory]
    [InlineData("nested multiparts", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 5000)]
    [InlineData("encoded words", "Subject: =?utf-8?Q?=C3=BC?= =?utf-8?B?w7w=?=\r\n", 20_000)]
    [InlineData("one long subject", " =?utf-8?Q?=C3=BC?=", 50_000)]
    [InlineData("addresses", "To: <<<(((\"a@b, ", 20_000)]
    [InlineData("address groups", "To: a:", 20_000)]
    [InlineData("received", "Received: from a (b (c (d by e;\r\n", 20_000)]
    [InlineData("parameters", "Content-Type: text/plain; name*0=a; name*1=b; charset*0=u;\r\n", 10_000)]
    [InlineData("references", "References: <a@b> ", 50_000)]
    public void Mail(string name, string unit, int count) => ThreadTime.Within(name, Bound, () =>
    {
        string head = unit.StartsWith(' ') ? "Subject: x" : "";
        string tail = unit.EndsWith('\n') ? "" : "\r\n";
        try { Assert.NotNull(MessageExtraction.Extract(MessageJson.FromMail(Encoding.ASCII.GetBytes(head + string.Concat(Enumerable.Repeat(unit, count)) + tail + "From: a@b.example\r\n\r\nx")), new IngestOptions()).Text); }
        catch (IngestException refused) { Assert.StartsWith("raw", refused.Message, StringComparison.Ordinal); }
    });

    [Fact]
    public void An_mbox_whose_counts_all_lead_astray()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.mbox"), string.Concat(Enumerable.Repeat("From a@b.example Tue Mar  3 10:00:00 2026\nContent-Length: 4000000\n\nwords\n\n", 20_000)));
        ThreadTime.Within("counts", Bound, () => Assert.Equal(20_000, MessageSources.Read([folder.File("a.mbox")], new IngestOptions(), Stream.Null).Count(item => item.Message?.Text?.TrimEnd() == "words")));
    }

}
