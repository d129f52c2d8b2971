using System.Text;
using CsCheck;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class MboxReaderTests
{
    private const string From = "From a@b.example Tue Mar  3 10:00:00 2026\n";

    [Theory]
    [InlineData(From + "S: 1\n\none\n>From here\n>>From there\n\n" + From + "S: 2\n\ntwo\n", "one\nFrom here\n>From there\n|two\n")]
    [InlineData(From + "S: 1\n\nFrom the start it rained.\n\nFrom 10:30 on Fri it did not, in spring 2026.\n", "From the start it rained.\n\nFrom 10:30 on Fri it did not, in spring 2026.\n")]
    [InlineData(From + "S: 1\n\n\n" + From + "S: 2\n\n", "|")]
    [InlineData(From + "S: 1\n" + From + "S: 2\n\nno body above\n", "|no body above\n")]
    [InlineData(From + "S: 1\n\nno blank line\n" + From + "S: 2\n\ntwo\n", "no blank line\n|two\n")]
    [InlineData(From + "S: 1\n\nquoted without mark:\n" + From + "and more words\n", "quoted without mark:\n" + From + "and more words\n")]
    [InlineData("From ann\nS: 1\n\none\n\nFrom bob\nS: 2\n\ntwo\n\nFrom here on no mail\n", "one\n|two\n\nFrom here on no mail\n")]
    [InlineData("From 12@xxx 2026-03-03T10:00:00\nS: 1\n\none\n\nFrom 13@xxx 2026-03-03T10:00:01\nS: 2\n\ntwo\n", "one\n|two\n")]
    public void Mails_begin_where_a_from_line_says(string mbox, string bodies) => Assert.Equal(bodies.Split('|'), Bodies(mbox));

    [Fact]
    public void In_mboxcl_the_count_is_followed_and_quotes_are_removed()
    {
        string body = ">From here\n\ntext\n";
        Assert.Equal(["From here\n\ntext\n", "two\n"], Bodies($"{From}Content-Length: {body.Length}\n\n{body}\n{From}Content-Length: 4\n\ntwo\n"));
    }

    [Fact]
    public void In_mboxcl2_nothing_is_quoted()
    {
        string body = $"quote:\n\n{From}S: inner\n\n>From stays\n";
        Assert.Equal([body, ">From stays too\n"], Bodies($"{From}Content-Length: {body.Length}\n\n{body}\n{From}Content-Length: 16\n\n>From stays too\n"));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(2)]
    [InlineData(2_000_000_000)]
    public void A_count_that_leads_astray_is_not_believed(int count) =>
        Assert.Equal(["one\n", "two\n"], Bodies($"{From}Content-Length: {count}\n\none\n\n{From}S: 2\n\ntwo\n"));

    [Fact]
    public void A_mail_that_is_too_large_is_skipped_and_the_next_is_read()
    {
        string mbox = $"{From}S: 1\n\n{string.Concat(Enumerable.Repeat("long\n", 1000))}\n{From}S: 2\n\ntwo\n";
        Assert.Equal([null, "S: 2\n\ntwo\n"], Read(mbox, 2000));
    }

    [Fact]
    public void Line_ends_of_both_kinds_are_read() => Assert.Equal(["one\r\n", "two\r\n"], Bodies($"{From}S: 1\n\none\n\n{From}S: 2\n\ntwo\n".Replace("\n", "\r\n", StringComparison.Ordinal)));

    [Fact]
    public void What_mboxrd_writes_is_read_back() =>
        Pick.Of("From x\n", ">From y\n", ">>From z\n", "\n", "words\n", From, "> quote\n").Array[0, 8].Select(string.Concat).Array[1, 5].Sample(bodies =>
        {
            var mbox = new StringBuilder();
            foreach (string body in bodies)
                mbox.Append(From).Append("S: x\n\n").Append(string.Concat(body.Split('\n')[..^1].Select(line => (line.TrimStart('>').StartsWith("From ", StringComparison.Ordinal) ? ">" : "") + line + "\n"))).Append('\n');
            Assert.Equal(bodies, Bodies(mbox.ToString()));
        });

    private static IEnumerable<string> Bodies(string mbox) => Read(mbox, 1 << 20).Select(mail => Body(mail!));

    private static string Body(string mail)
    {
        int end = mail.IndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var plain ? plain + 2 : mail.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var wide ? wide + 4 : mail.Length;
        return mail[end..];
    }

    private static List<string?> Read(string mbox, int max) =>
        [.. new MboxReader(new MemoryStream(Encoding.Latin1.GetBytes(mbox)), max).Read().Select(mail => mail is null ? null : Encoding.Latin1.GetString(mail))];
}
