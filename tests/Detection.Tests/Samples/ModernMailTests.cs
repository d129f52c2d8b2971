using Detection.Contracts;
using Detection.Detectors.Explaining;
using Detection.Ingest;
using Detection.Text;

namespace Detection.Tests.Samples;

/// <summary>
/// Mails of today with full headers, written for this project (tests/Data/modern-mail): that they are read as what they are. How many a model flags is a measured figure
/// (docs/evaluation.md), not a test.
/// </summary>
public sealed class ModernMailTests
{
    private static readonly string[] Providers = ["mx.norrvik.example", "mx.okafor.example", "mx.calderworks.example", "mx.tessaro.example", "mx.mailhaven.example", "mx.brightmoor.example"];
    private static readonly Lazy<IReadOnlyDictionary<string, Message>> Good = new(() => Read("good")), Phishing = new(() => Read("phishing"));

    public static TheoryData<string, string> Signs => new()
    {
        { "bank-link-shows-other", "link-mismatch" },
        { "bank-link-shows-other", "authentication-failed" },
        { "invoice-bank-change", "reply-to-mismatch" },
        { "invoice-bank-change", "authentication-failed" },
        { "ip-link-router", "link-ip" },
        { "supplier-portal-userinfo", "link-userinfo" },
        { "punycode-look-alike", "look-alike-domain" },
        { "mailbox-quota-polite", "look-alike-domain" },
        { "hr-survey-sign-in", "display-name-brand" },
        { "voicemail-attachment", "attachment-double-extension" },
        { "payroll-change-request", "attachment-executable" },
        { "mailbox-quota-polite", "asks-credentials" },
        { "parcel-customs-fee", "asks-payment" },
        { "ceo-request-discreet", "asks-availability" },
        { "social-account-appeal", "threat" },
        { "social-account-appeal", "urgency-with-link" },
    };

    [Fact]
    public void There_are_fifty_good_mails_and_twenty_phishing_mails_at_least()
    {
        Assert.True(Good.Value.Count >= 50, $"{Good.Value.Count} good mails");
        Assert.True(Phishing.Value.Count >= 20, $"{Phishing.Value.Count} phishing mails");
    }

    [Fact]
    public void Every_mail_has_words_a_subject_a_sender_a_receiver_and_an_authentication_result() => Assert.All(Good.Value.Concat(Phishing.Value), mail =>
    {
        Assert.False(string.IsNullOrWhiteSpace(mail.Value.Text), mail.Key);
        Assert.False(string.IsNullOrWhiteSpace(mail.Value.Subject), mail.Key);
        Assert.NotNull(mail.Value.Author?.Address);
        Assert.Single(mail.Value.Recipients!);
        Assert.NotNull(mail.Value.Authentication?.Dmarc);
        Assert.Equal(Channel.Email, mail.Value.Channel);
    });

    [Fact]
    public void Every_address_is_in_a_reserved_domain() => Assert.All(Good.Value.Concat(Phishing.Value), mail =>
        Assert.All((mail.Value.Urls ?? []).Select(url => new Uri(url).Host).Append(mail.Value.Author!.Address!.Split('@')[1]), host =>
            Assert.True(host.EndsWith(".example", StringComparison.Ordinal) || host.EndsWith(".invalid", StringComparison.Ordinal) || host == "203.0.113.77", $"{mail.Key}: {host}")));

    [Fact]
    public void Good_mail_shows_no_sign_of_deceit()
    {
        string[] strong = ["link-mismatch", "look-alike-domain", "display-name-address", "display-name-brand", "attachment-executable", "attachment-double-extension", "link-ip", "link-userinfo", "link-active", "form", "script", "alternatives-differ"];
        Assert.All(Good.Value, mail => Assert.Empty(Observed(mail.Value).Intersect(strong).Select(name => $"{mail.Key}: {name}")));
    }

    [Fact]
    public void Good_mail_passes_DMARC_but_for_the_list_that_breaks_it() =>
        Assert.Equal(["list-gardeners"], Good.Value.Where(mail => !Observed(mail.Value).Contains("authentication-passed")).Select(mail => mail.Key));

    [Fact]
    public void The_preview_lines_of_newsletters_are_hidden_text_and_nothing_else_is() =>
        Assert.Equal(["newsletter-museum-html-only", "newsletter-pottery"], Good.Value.Where(mail => mail.Value.Hidden is { Count: > 0 }).Select(mail => mail.Key));

    [Theory]
    [MemberData(nameof(Signs))]
    public void Phishing_shows_its_sign(string mail, string sign) => Assert.Contains(sign, Observed(Phishing.Value[mail]));

    [Fact]
    public void Every_phishing_mail_asks_for_something_or_points_elsewhere() => Assert.All(Phishing.Value, mail => Assert.NotEmpty(
        Observed(mail.Value).Intersect(["asks-credentials", "asks-payment", "asks-availability", "reward-offer", "look-alike-domain", "link-mismatch"]).ToArray()));

    private static string[] Observed(Message message) => [.. StructuralEvidence.Of(message, JudgedText.From(message.Text!).Normalised).Select(one => one.Signal).Distinct(StringComparer.Ordinal)];

    private static IReadOnlyDictionary<string, Message> Read(string folder) =>
        MessageSources.Read([Path.Combine(Repository.Root, "tests/Data/modern-mail", folder)], new IngestOptions { TrustedReceivers = Providers }, Stream.Null)
            .ToDictionary(item => Path.GetFileNameWithoutExtension(item.Path), item => item.Message ?? throw new InvalidDataException($"{item.Place}: {item.Error}"), StringComparer.Ordinal);
}
