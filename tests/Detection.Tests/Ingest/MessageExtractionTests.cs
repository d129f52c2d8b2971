using System.Text;
using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class MessageExtractionTests
{
    private static readonly IngestOptions Options = new();

    [Theory]
    [InlineData("Subject: Hello there\n\nThe body.", "Hello there", "The body.")]
    [InlineData("subject:Hello\r\nThe body.", "Hello", "The body.")]
    [InlineData("No Subject: here", null, "No Subject: here")]
    public void A_leading_subject_line_is_split_off(string text, string? subject, string body)
    {
        var message = Extract(new Message { Text = text });
        Assert.Equal((subject, body), (message.Subject, message.Text));
    }

    [Fact]
    public void A_subject_that_is_given_leaves_the_body_alone() =>
        Assert.Equal("Subject: Hello\nBody", Extract(new Message { Subject = "Given", Text = "Subject: Hello\nBody" }).Text);

    [Fact]
    public void Halves_of_surrogate_pairs_and_zeros_become_replacement_characters() =>
        Assert.Equal("a\uFFFDb\uFFFD😀\uFFFD", Extract(new Message { Text = "a\uD83Db\uDE00😀\0" }).Text);

    [Fact]
    public void Line_breaks_are_kept_in_one_form() => Assert.Equal("a\nb\nc\n", Extract(new Message { Text = "a\r\nb\rc\n" }).Text);

    [Fact]
    public void Text_beyond_the_limit_is_cut_and_noted()
    {
        var options = new IngestOptions { MaxTextCharacters = 1000 };
        foreach (var sent in new[] { new Message { Text = new string('x', 5000) }, new Message { Html = "<p>" + new string('x', 5000) }, MessageJson.FromMail(Encoding.ASCII.GetBytes("From: a@b.example\n\n" + string.Concat(Enumerable.Repeat("words\n", 1000)))) })
        {
            var message = MessageExtraction.Extract(sent, options);
            Assert.Equal(1000, message.Text!.Length);
            Assert.Contains(message.Facts!, fact => fact.Name == "truncated");
        }
    }

    [Fact]
    public void The_id_is_the_senders_else_that_of_the_mail_else_a_hash_of_what_was_sent()
    {
        byte[] mail = "Message-ID: <own@a.example>\nFrom: a@b.example\n\nHi"u8.ToArray();
        Assert.Equal("given", Extract(MessageJson.FromMail(mail) with { Id = "given" }).Id);
        Assert.Equal("own@a.example", Extract(MessageJson.FromMail(mail)).Id);
        var sent = new Message { Html = "<p>Hi" };
        Assert.Equal(VerdictIdentity.MessageId(sent), Extract(sent).Id);
    }

    [Theory]
    [InlineData("raw", null, "base64", "!!")]
    [InlineData("raw", null, "latin1", "From: \u0141")]
    [InlineData("rawEncoding", null, "utf-8", "From: a")]
    [InlineData("text, html, raw", null, null, null)]
    [InlineData("id", 2000, null, "From: a@b.example\n\nx")]
    public void What_is_refused_is_named_and_not_quoted(string field, int? idLength, string? encoding, string? raw)
    {
        var wrong = Assert.Throws<IngestException>(() => Extract(new Message { Id = idLength is { } length ? new string('i', length) : null, Raw = raw, RawEncoding = encoding }));
        Assert.Contains(field, wrong.Message, StringComparison.Ordinal);
        Assert.True(wrong.Message.Length < 100);
    }

    [Theory]
    [InlineData("base64")]
    [InlineData("latin1")]
    [InlineData(null)]
    public void A_raw_mail_travels_in_either_encoding(string? encoding)
    {
        byte[] mail = [.. "From: a@b.example\nContent-Type: text/plain; charset=iso-8859-15\nContent-Transfer-Encoding: 8bit\n\n5 "u8, 0xA4];
        Assert.Equal("5 €", Extract(new Message { Raw = encoding == "latin1" ? Encoding.Latin1.GetString(mail) : Convert.ToBase64String(mail), RawEncoding = encoding }).Text);
    }

    [Fact]
    public void A_mail_larger_than_allowed_is_refused() =>
        Assert.Contains("larger", Assert.Throws<IngestException>(() => MessageExtraction.Extract(new Message { Raw = new string('x', 3000) }, new IngestOptions { MaxMessageBytes = 2000 })).Message, StringComparison.Ordinal);

    [Fact]
    public void Text_beside_html_that_says_something_else_is_a_fact()
    {
        var message = Extract(new Message { Text = "the minutes of our last meeting are attached", Html = "<p>Confirm your password at once or be locked out" });
        Assert.Equal("Confirm your password at once or be locked out", message.Text);
        Assert.Contains(message.Facts!, fact => fact.Name == "alternatives-differ");
    }

    [Fact]
    public void Addresses_of_sites_are_collected_from_text_and_links() =>
        Assert.Equal(["https://a.example/x", "https://b.example/y", "http://www.c.example/z"], Extract(new Message { Html = "<a href='https://a.example/x'>here</a> <a href='mailto:q@r.example'>mail</a> or https://b.example/y, or www.c.example/z." }).Urls);

    [Fact]
    public void Authentication_is_never_taken_from_a_sender()
    {
        var message = Extract(new Message { Text = "x", Authentication = new Authentication(Spf: "pass"), ReceivedAt = Some.Time });
        Assert.Null(message.Authentication);
        Assert.Null(message.ReceivedAt);
    }

    [Fact]
    public void Extracting_again_changes_nothing() =>
        Gen.Select(Gen.String[0, 60], Pick.Of("", "Subject: a\n", "Subject: \n", "<p>")).Sample((words, start) =>
        {
            var once = Extract(new Message { Text = start + words });
            Assert.Equivalent(once, Extract(once), strict: true);
        });

    private static Message Extract(Message sent) => MessageExtraction.Extract(sent, Options);
}
