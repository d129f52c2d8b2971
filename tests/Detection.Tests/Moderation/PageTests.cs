using System.Net;
using System.Text.RegularExpressions;
using Detection.Contracts;

namespace Detection.Tests.Moderation;

/// <summary>The pages as they leave the server; what a browser does with them is tested in a browser.</summary>
public sealed class PageTests
{
    private const string Attack = "<script>alert('x')</script><img src=\"https://evil.example/pixel.gif\" onerror=alert(1)>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/verdict/ID")]
    public async Task What_a_sender_wrote_is_text_and_never_markup(string address)
    {
        var judged = Some.JudgedMessage(Hostile());
        await using var server = await ModerationServer.StartAsync(judged);
        string page = await server.Client.GetStringAsync(address.Replace("ID", judged.VerdictId, StringComparison.Ordinal), Cancellation);
        Assert.Contains("alert(&#x27;x&#x27;)", page.Replace("&#39;", "&#x27;", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"javascript", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"https://evil", page, StringComparison.OrdinalIgnoreCase);
        // A control that turns the direction of text is shown by name.
        Assert.DoesNotContain("\u202E", page, StringComparison.Ordinal);
        Assert.DoesNotContain("&#x202E;", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(">RLO</span>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_fonts_and_styles_come_from_this_server_alone_and_exist()
    {
        await using var server = await ModerationServer.StartAsync(Some.JudgedMessage());
        var answer = await server.Client.GetAsync("/", Cancellation);
        string policy = string.Join(' ', answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        string page = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.DoesNotMatch(new Regex("<script(?![^>]*src=)", RegexOptions.IgnoreCase), page);
        var assets = Regex.Matches(page, "<(?:script|link)[^>]*(?:src|href)=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();
        Assert.Contains(assets, asset => asset.Contains("blazor.web", StringComparison.Ordinal));
        foreach (string asset in assets)
        {
            Assert.DoesNotContain("//", asset, StringComparison.Ordinal);
            Assert.True((await server.Client.GetAsync(asset, Cancellation)).IsSuccessStatusCode, asset);
        }
    }

    [Fact]
    public async Task A_detail_says_scores_in_words_and_what_was_not_measured()
    {
        var judged = Some.JudgedMessage() with { FalsePositiveRate = new Dictionary<string, FalsePositiveRate> { ["synthetic"] = new(58 / 8121.0, 8120, "email 200-600") } };
        await using var server = await ModerationServer.StartAsync(judged);
        string page = await server.Client.GetStringAsync("/verdict/" + judged.VerdictId, Cancellation);
        Assert.Contains("1 in 140 ordinary e-mails score at least this high; measured on 8,120", page, StringComparison.Ordinal);
        Assert.Contains("not measured", page, StringComparison.Ordinal);
        Assert.Contains("log p -1.50", page, StringComparison.Ordinal);
        Assert.Contains("The words are less predictable than usual.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_filters_the_queue()
    {
        var held = Some.JudgedMessage(Some.Message("held") with { Subject = "Held one" }, VerdictAction.Hold);
        var allowed = Some.JudgedMessage(Some.Message("allowed") with { Subject = "Allowed one" }, VerdictAction.Allow);
        await using var server = await ModerationServer.StartAsync(held, allowed);
        string page = await server.Client.GetStringAsync("/?action=hold", Cancellation);
        Assert.Contains("Held one", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Allowed one", page, StringComparison.Ordinal);
        Assert.Contains("Allowed one", await server.Client.GetStringAsync("/?action=nonsense", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_page_and_an_unknown_verdict_say_so()
    {
        await using var server = await ModerationServer.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/no/such/page", Cancellation)).StatusCode);
        Assert.Contains("no such verdict", await server.Client.GetStringAsync("/verdict/0123", Cancellation), StringComparison.Ordinal);
    }

    private static Message Hostile() => Some.Message(text: Attack + " then \u202Egnp.exe") with
    {
        Subject = Attack + "\u202E",
        Author = new Author(Attack, Attack, Attack),
        Links = [new Link(Attack, "javascript:alert(1)"), new Link("bank.example", "https://evil.example/login")],
        Hidden = [new HiddenText("display-none", Attack)],
        Attachments = [new Attachment(Attack, Attack, 10)],
        Facts = [new Fact("alternatives-differ", Attack)],
        Source = Attack,
    };
}
