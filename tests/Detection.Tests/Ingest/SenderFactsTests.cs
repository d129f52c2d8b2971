using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class SenderFactsTests
{
    private static readonly Message Plain = new() { Text = "Words.", Author = new Author("1", "Anna Kolb", "anna@firm.example"), Channel = Channel.Email };

    [Fact]
    public void An_ordinary_message_has_no_facts() => Assert.Empty(Facts(Plain with { Links = [new Link("our site", "https://www.firm.example/a")], ReplyTo = "desk@firm.example" }));

    [Fact]
    public void A_name_that_belongs_to_another_company_is_noted() =>
        Assert.Equal("The sender calls itself paypal, the mail is from mailer.example.", Detail("display-name-brand", Plain with { Author = new Author("1", "PayPal Service", "service@mailer.example") }));

    [Fact]
    public void So_is_one_of_two_words() => Assert.Contains("display-name-brand", Facts(Plain with { Author = new Author("1", "Wells Fargo Alerts", "a@mailer.example") }));

    [Fact]
    public void So_is_the_receivers_own_company() =>
        Assert.Contains("display-name-brand", Facts(Plain with { Author = new Author("1", "Norrvik HR", "hr@people.example"), Recipients = [new Mailbox("H", "h@norrvik.example")] }));

    [Fact]
    public void A_company_may_use_its_own_name() =>
        Assert.Empty(Facts(Plain with { Author = new Author("1", "PayPal", "service@mail.paypal.com"), Recipients = [new Mailbox(null, "h@paypal.com")] }));

    [Theory]
    [InlineData("http://203.0.113.9/login", "link-ip")]
    [InlineData("https://bank.example@evil.example/", "link-userinfo")]
    [InlineData("https://bit.ly/abc", "link-shortened")]
    [InlineData("https://xn--bcher-kva.example/", "link-punycode")]
    [InlineData("https://paypal-check.invalid/", "look-alike-domain")]
    [InlineData("https://kolbworks-billing.invalid/", "look-alike-domain")]
    public void Where_links_lead_is_noted(string target, string name) =>
        Assert.Equal([name], Facts(Plain with { Links = [new Link("here", target)], Author = new Author("1", "Anna Kolb", "anna@kolbworks.example") }));

    [Fact]
    public void A_sender_that_looks_like_the_receivers_company_is_noted() => Assert.Equal("The sender is at norrvik-people.example, which looks like norrvik.example.",
        Detail("look-alike-domain", Plain with { Author = new Author("1", "HR", "hr@norrvik-people.example"), Recipients = [new Mailbox(null, "h@norrvik.example")] }));

    [Theory]
    [InlineData("invoice.pdf.exe", "attachment-executable attachment-double-extension")]
    [InlineData("voice.wav.html", "attachment-executable attachment-double-extension")]
    [InlineData("setup.exe", "attachment-executable")]
    [InlineData("report.v2.pdf", "")]
    [InlineData("", "")]
    public void Attachments_that_run_are_noted(string file, string names) => Assert.Equal(names, string.Join(' ', Facts(Plain with { Attachments = [new Attachment(file, "application/pdf", 1)] })));

    [Theory]
    [InlineData("pass", "pass", "pass", "authentication-passed")]
    [InlineData("fail", "pass", "pass", "authentication-passed")]
    [InlineData("pass", "none", "fail", "authentication-failed")]
    [InlineData("softfail", "none", "none", "authentication-failed")]
    [InlineData("none", "fail", null, "authentication-failed")]
    [InlineData("pass", "none", "none", "")]
    [InlineData(null, null, null, "")]
    public void What_a_trusted_receiver_found_is_noted(string? spf, string? dkim, string? dmarc, string names)
    {
        var options = new IngestOptions { TrustedReceivers = ["mx.firm.example"] };
        Assert.Equal(names, string.Join(' ', Facts(Plain with { Authentication = new Authentication(spf, dkim, dmarc) }, options)));
    }

    [Fact]
    public void Of_an_unknown_receiver_nothing_is_believed() => Assert.Empty(Facts(Plain with { Authentication = new Authentication("fail", "fail", "fail") }));

    [Fact]
    public void A_program_in_the_html_is_noted_and_data_is_not()
    {
        Assert.Contains("script", Facts(new Message { Html = "<p>Hello</p><script>go()</script>" }));
        Assert.Empty(Facts(new Message { Html = "<p>Hello</p><script type='application/ld+json'>{}</script>" }));
    }

    [Fact]
    public void Facts_of_one_kind_are_few_however_many_links_there_are()
    {
        Link[] links = [.. Enumerable.Range(0, 200).Select(i => new Link($"www.bank{i}.example", $"http://203.0.113.{i}/"))];
        var facts = MessageExtraction.Extract(Plain with { Links = links }, new IngestOptions()).Facts!;
        Assert.All(facts.GroupBy(fact => fact.Name), kind => Assert.Equal(5, kind.Count()));
    }

    [Fact]
    public void Any_addresses_names_and_links_are_read() =>
        Gen.Select(Gen.String, Gen.String, Gen.String).Select(Gen.OneOf(Gen.Const("paypal"), Gen.Const("@"), Gen.Const("https://"), Gen.Const("xn--"), Gen.Const("..")), (three, piece) => (three, piece)).Sample(one =>
        {
            var ((a, b, c), piece) = one;
            var message = new Message { Text = c + piece + a, Author = new Author(a, piece + b, a + "@" + c + piece), ReplyTo = piece + "@" + b, Links = [new Link(piece + a, "https://" + b + piece), new Link(b, piece + c)], Recipients = [new Mailbox(a, b + "@" + piece + c)], Attachments = [new Attachment(a + ".pdf." + b, c, 0)] };
            Assert.All(MessageExtraction.Extract(message, new IngestOptions()).Facts ?? [], fact => Assert.NotEmpty(fact.Detail));
        });

    private static string[] Facts(Message message, IngestOptions? options = null) => [.. (MessageExtraction.Extract(message, options ?? new IngestOptions()).Facts ?? []).Select(fact => fact.Name)];

    private static string Detail(string name, Message message) => Assert.Single(MessageExtraction.Extract(message, new IngestOptions()).Facts!, fact => fact.Name == name).Detail;
}
