using System.Text;
using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class MailTests
{
    private const string Head = "From: Ann Lee <ann@work.example>\r\nTo: Bob <bob@home.example>\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\nMessage-ID: <1@work.example>\r\nDate: Tue, 3 Mar 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n";

    [Fact]
    public void Headers_become_fields()
    {
        var message = Read(Head + "\r\nHello\r\n");
        Assert.Equal("1@work.example", message.Id);
        Assert.Equal("Grüße", message.Subject);
        Assert.Equal(new Author("ann@work.example", "Ann Lee", "ann@work.example"), message.Author);
        Assert.Equal([new Mailbox("Bob", "bob@home.example")], message.Recipients);
        Assert.Equal(new DateTimeOffset(2026, 3, 3, 9, 0, 0, TimeSpan.Zero), message.SentAt);
        Assert.Equal(Channel.Email, message.Channel);
        Assert.Equal("Hello", message.Text!.TrimEnd());
        Assert.Null(message.Raw);
    }

    [Theory]
    [InlineData("iso-8859-1", "caf\u00E9", "café")]
    [InlineData("windows-1251", "\u00CF\u00F0\u00E8\u00E2\u00E5\u00F2", "Привет")]
    [InlineData("no-such-charset", "plain", "plain")]
    [InlineData("utf-8", "bad \u00E9 byte", "bad")]
    public void Charsets_true_and_false_give_text(string charset, string body, string begins) =>
        Assert.StartsWith(begins, Read(Head + $"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n").Text, StringComparison.Ordinal);

    [Fact]
    public void Quoted_printable_soft_breaks_are_joined() =>
        Assert.Equal("A line that goes on = here", Read(Head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nA line that =\r\ngoes on =3D here\r\n").Text!.TrimEnd());

    [Fact]
    public void Flowed_text_is_joined_and_the_signature_delimiter_is_not() =>
        Assert.Equal("One paragraph that flows.\n-- \nAnn", Read(Head + "Content-Type: text/plain; format=flowed\r\n\r\nOne paragraph \r\nthat flows.\r\n-- \r\nAnn\r\n").Text!.TrimEnd());

    [Fact]
    public void The_html_of_two_alternatives_is_judged_and_a_difference_is_a_fact()
    {
        var message = Read(Alternatives("Dear member we wrote nothing special here today at all", "<p>Pay the invoice now or lose your account forever</p>"));
        Assert.Equal("Pay the invoice now or lose your account forever", message.Text);
        Assert.Contains(message.Facts!, fact => fact.Name == "alternatives-differ");
    }

    [Fact]
    public void Alternatives_that_agree_are_no_fact() =>
        Assert.Null(Read(Alternatives("See you at five in the usual place tomorrow", "<p>See you at <b>five</b> in the usual place tomorrow</p>")).Facts);

    [Fact]
    public void Attachments_are_listed_and_never_read_as_text()
    {
        var message = Read(Head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/octet-stream; name=\"invoice.pdf.exe\"\r\nContent-Disposition: attachment; filename=\"invoice.pdf.exe\"\r\nContent-Transfer-Encoding: base64\r\n\r\nTVqQ\r\n--b--\r\n");
        Assert.Equal("See the file.", message.Text);
        Assert.Equal("invoice.pdf.exe", Assert.Single(message.Attachments!).Name);
        Assert.Contains(message.Facts!, fact => fact.Name == "attachment-executable");
    }

    [Fact]
    public void Nested_multiparts_are_read_in_order()
    {
        var message = Read(Head + "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nfirst\r\n--i\r\n\r\nsecond\r\n--i--\r\n--o\r\n\r\nthird\r\n--o--\r\n");
        Assert.Equal("first\n\nsecond\n\nthird", message.Text);
    }

    /// <summary>Found in samples/: the text was empty, which was a way past every detector.</summary>
    [Fact]
    public void A_multipart_whose_boundary_never_occurs_is_read_as_it_stands()
    {
        var message = Read(Head + "Content-Type: multipart/mixed; boundary=never\r\n\r\nPay now, please.\r\n");
        Assert.Equal("Pay now, please.", message.Text);
        Assert.Contains(message.Facts!, fact => fact.Name == "mime-broken");
    }

    [Fact]
    public void Too_many_parts_are_refused_by_name() =>
        Assert.Contains("MIME parts", Assert.Throws<IngestException>(() => MessageExtraction.Extract(
            MessageJson.FromMail(Encoding.Latin1.GetBytes(Head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 30)) + "--b--\r\n")),
            new IngestOptions { MaxParts = 10 })).Message, StringComparison.Ordinal);

    [Fact]
    public void An_answer_address_elsewhere_and_an_address_in_the_name_are_facts()
    {
        var message = Read("From: \"it-desk@bank.example.com\" <x@mailer.example>\r\nReply-To: y@other.invalid\r\n\r\nHi\r\n");
        Assert.Equal(["display-name-address", "reply-to-mismatch"], message.Facts!.Select(fact => fact.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("mx.home.example", "pass")]
    [InlineData("mx.elsewhere.example", null)]
    public void Authentication_results_count_only_from_a_trusted_receiver(string trusted, string? spf)
    {
        var mail = MessageJson.FromMail(Encoding.Latin1.GetBytes("Authentication-Results: mx.home.example; spf=pass smtp.mailfrom=a.example; dkim=fail\r\n" + Head + "\r\nHi\r\n"));
        Assert.Equal(spf, MessageExtraction.Extract(mail, new IngestOptions { TrustedReceivers = [trusted] }).Authentication?.Spf);
        Assert.Null(MessageExtraction.Extract(mail, new IngestOptions()).Authentication);
    }

    [Fact]
    public void A_mutated_mail_is_read_or_refused() =>
        Gen.Select(Gen.Int[0, 400], Gen.Byte, Gen.Int[0, 400]).Array[1, 12].Sample(changes =>
        {
            byte[] bytes = Encoding.Latin1.GetBytes(Alternatives("plain words", "<p>rich words <a href='http://x.example'>y</a></p>"));
            foreach (var (at, value, cut) in changes)
                if (at < bytes.Length) bytes[at] = cut % 7 == 0 ? (byte)'\n' : value;
            try { Assert.NotNull(MessageExtraction.Extract(MessageJson.FromMail(bytes), new IngestOptions()).Text); }
            catch (IngestException) { }
        });

    [Fact]
    public void Any_bytes_are_read_or_refused() =>
        Gen.Byte.Array[0, 500].Sample(bytes =>
        {
            try { Assert.NotNull(MessageExtraction.Extract(MessageJson.FromMail(bytes), new IngestOptions()).Text); }
            catch (IngestException) { }
        });

    private static string Alternatives(string plain, string html) =>
        Head + $"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--a\r\nContent-Type: text/html\r\n\r\n{html}\r\n--a--\r\n";

    private static Message Read(string mail) => MessageExtraction.Extract(MessageJson.FromMail(Encoding.Latin1.GetBytes(mail)), new IngestOptions());
}
