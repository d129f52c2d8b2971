using System.Net.Http.Json;
using Detection.Contracts;
using Detection.ServiceDefaults;
using Detection.Storage;
using Microsoft.Playwright;

namespace Detection.EndToEnd;

/// <summary>The dashboard in a real browser. The verdicts are stored by another process (this one), as a worker of its own would store them.</summary>
public sealed class DashboardTests
{
    private const string Attack = "<img src=https://evil.example/pixel.gif onerror=alert(1)><script>alert(2)</script>";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="store">Where both processes keep verdicts.</param>
    /// <param name="milliseconds">Within which a new one is on the page.</param>
    [Theory]
    [InlineData("embedded", 1_000)]
    [InlineData("elasticsearch", 2_000)]
    [InlineData("opensearch", 2_000)]
    public async Task A_verdict_of_another_process_appears_without_a_reload_and_is_decided_and_undone_by_keyboard(string store, int milliseconds)
    {
        await using var site = await Site.StartOnAsync(store, Judged("old", "An older one", VerdictAction.Allow));
        var page = await site.Browser.OpenAsync("/");
        await page.GetByText("An older one").WaitForAsync();

        await AppearWithinAsync(milliseconds, page, i => site.Store.StoreAsync([Judged($"other{i}", Subject(i), VerdictAction.Allow)], Cancellation));

        var judged = Judged("new", "You have won", VerdictAction.Hold);
        await site.Store.StoreAsync([judged], Cancellation);
        await page.GetByText("You have won").WaitForAsync();

        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/verdict/" + judged.VerdictId);
        await page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "You have won" }).WaitForAsync();
        foreach (var (key, name) in new[] { ("s", "Spam"), ("m", "Machine") })
        {
            await page.Keyboard.PressAsync(key);
            await page.Locator($".choice button[aria-pressed=true]:has-text('{name}')").WaitForAsync();
        }
        await page.Keyboard.PressAsync("1");
        await page.Locator("[aria-label='Confirm Urgency or scarcity'][aria-pressed=true]").WaitForAsync();
        await page.Keyboard.PressAsync("d");
        await page.GetByText("Decision saved").WaitForAsync();

        var decision = Assert.Single(await site.Store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation));
        Assert.Equal((DecidedMail.Spam, DecidedAuthor.Machine, "local"), (decision.Labels.Mail, decision.Labels.Authorship, decision.Moderator));
        Assert.Equal([new KeyValuePair<string, bool>("urgency_scarcity", true)], decision.Labels.Techniques);

        page = await site.Browser.OpenAsync("/verdict/" + judged.VerdictId);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Undo" }).First.ClickAsync();
        await page.Locator(".history .undone").WaitForAsync();
        Assert.Null((await site.Store.FindAsync(judged.VerdictId, Cancellation))!.Decision);
        Assert.Empty(site.Browser.Problems);
    }

    [Fact]
    public async Task Filters_search_and_pause_work_without_a_reload()
    {
        await using var site = await Site.StartAsync(Judged("a", "Held one", VerdictAction.Hold), Judged("b", "Allowed one", VerdictAction.Allow));
        var page = await site.Browser.OpenAsync("/");
        await page.Locator("button.count.hold").ClickAsync();
        await page.GetByText("Allowed one").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        Assert.EndsWith("?action=hold", page.Url, StringComparison.Ordinal);
        await page.Locator("button.count.hold").ClickAsync();
        await page.GetByText("Allowed one").WaitForAsync();

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("deadline");
        await page.Locator("mark").First.WaitForAsync();
        await page.Keyboard.PressAsync("Escape");

        await page.Keyboard.PressAsync("l");
        await page.Locator(".live[aria-pressed=false]").WaitForAsync();
        await site.Store.StoreAsync([Judged("c", "While paused", VerdictAction.Hold)], Cancellation);
        await page.GetByText("Paused · 1 new").WaitForAsync();
        Assert.Equal(0, await page.GetByText("While paused").CountAsync());
        await page.Keyboard.PressAsync("l");
        await page.GetByText("While paused").WaitForAsync();
        Assert.Empty(site.Browser.Problems);
    }

    [Fact]
    public async Task A_hostile_message_runs_nothing_loads_nothing_and_leads_nowhere()
    {
        var hostile = Judged("evil", Attack, VerdictAction.Hold);
        hostile = hostile with
        {
            Message = hostile.Message with
            {
                Author = new Author(null, Attack, Attack),
                Links = [new Link("bank.example", "javascript:alert(3)")],
                Hidden = [new HiddenText("display-none", Attack)],
                Facts = [new Fact("html", Attack)],
            },
        };
        await using var site = await Site.StartAsync(hostile);
        var page = await site.Browser.OpenAsync("/verdict/" + hostile.VerdictId);
        await page.GetByText("javascript:alert(3)").WaitForAsync();
        Assert.Equal(0, await page.Locator("img, iframe, object, a[href^=javascript], a[href*='evil.example']").CountAsync());
        await page.Locator("[data-evidence]").First.HoverAsync();
        Assert.NotEqual(0, await page.Locator(".body .lit").CountAsync());
        Assert.Empty(site.Browser.Problems);
    }

    [Theory]
    [InlineData(1400, ColorScheme.Light)]
    [InlineData(1400, ColorScheme.Dark)]
    [InlineData(380, ColorScheme.Light)]
    [InlineData(380, ColorScheme.Dark)]
    public async Task Pages_are_accessible_and_fit_their_width(int width, ColorScheme colours)
    {
        var judged = Judged("a", "Your parcel is held", VerdictAction.Hold);
        await using var site = await Site.StartAsync(judged, Judged("b", "See you at five", VerdictAction.Allow));
        foreach (string address in new[] { "/", "/verdict/" + judged.VerdictId })
        {
            var page = await site.Browser.OpenAsync(address, width, 800, colours);
            await page.GetByText("Your parcel is held").Last.WaitForAsync();
            Assert.Empty(await Browser.AccessibilityProblemsAsync(page));
            Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        }
        Assert.Empty(site.Browser.Problems);
    }

    [Fact]
    public async Task A_message_that_was_posted_is_on_the_page_within_a_second_without_a_reload()
    {
        string chromium = Optional.Chromium();
        Assert.NotEmpty(chromium);
        using var data = new TemporaryFolder();
        string url = TheProgram.FreeUrl();
        await using var serve = TheProgram.Start(data.Path, ["serve", "--urls", url]);
        await serve.ReadyAsync(url, Patience);
        await using var browser = await Browser.StartAsync(url);
        var page = await browser.OpenAsync("/");
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        await AppearWithinAsync(1_000, page, async i =>
        {
            using var posted = await http.PostAsJsonAsync("/api/v1/scan", new { id = $"m{i}", subject = Subject(i), text = "Your parcel is held. Confirm your card within 24 hours at http://parcel.example/pay", channel = "email" }, Cancellation);
            Assert.True(posted.IsSuccessStatusCode);
        });
        await page.Locator("[data-row]").First.ClickAsync();
        await page.Locator(".body .t[title^='log p']").First.WaitForAsync();
        Assert.Empty(browser.Problems);
    }

    private static string Subject(int i) => $"Parcel number {i} is held";

    /// <summary>
    /// From the answer that a verdict is stored to the frame that shows its row, one message after another. The promise is a second on a machine that has time for it: the median of
    /// several is asserted, so that one pause of a loaded machine (browser, server and model share its cores) is no failure, while a page that polls or gathers too long always is.
    /// </summary>
    private static async Task AppearWithinAsync(int milliseconds, IPage page, Func<int, Task> store)
    {
        // The page's own clock: what the driver takes to be told of the row is no part of the promise.
        await page.EvaluateAsync("""
            () => {
              window.shownAt = {};
              new MutationObserver(() => requestAnimationFrame(() => {
                for (const row of document.querySelectorAll('[data-row] .subject')) window.shownAt[row.textContent.trim()] ??= Date.now();
              })).observe(document.body, { childList: true, subtree: true });
            }
            """);
        var waited = new List<double>();
        for (int i = 0; i < 7; i++)
        {
            await store(i);
            var stored = TimeProvider.System.GetUtcNow();
            await page.GetByText(Subject(i)).WaitForAsync();
            double shown = await (await page.WaitForFunctionAsync("subject => window.shownAt[subject]", Subject(i))).EvaluateAsync<double>("at => at");
            waited.Add(shown - stored.ToUnixTimeMilliseconds());
        }
        string figures = string.Join(", ", waited.Select(one => $"{one:F0} ms"));
        TestContext.Current.TestOutputHelper?.WriteLine(figures);
        Assert.True(waited.Order().ElementAt(waited.Count / 2) < milliseconds, figures);
    }

    private static JudgedMessage Judged(string id, string subject, VerdictAction action)
    {
        var message = new Message { Id = id, Subject = subject, Text = $"Dear customer, the deadline is today. {Attack}", Channel = Channel.Email, Author = new Author(null, "Anna Example", "anna@example.org") };
        string content = VerdictIdentity.ContentSha256(message);
        return new JudgedMessage
        {
            Message = message,
            MessageId = id,
            ContentSha256 = content,
            VerdictId = VerdictIdentity.VerdictId(id, content, "b", "r"),
            Action = action,
            Channel = message.Channel,
            Scores = new Scores(0.9, 0.97, 0.4, 0.8),
            Authorship = Authorship.Machine,
            Manipulation = new Dictionary<string, double?> { ["urgency_scarcity"] = 0.8, ["fear_threat"] = 0.2 },
            Criteria = new Dictionary<string, double?> { ["mean_loglik"] = -2.7 },
            Decided = new Decided(MailKind.Spam, ["urgency_scarcity"]),
            Evidence = [new Evidence("urgency_scarcity", 0.8, 0.5, "Names a deadline.", [new EvidenceSpan("text", 15, 37, 0.8)])],
            FalsePositiveRate = new Dictionary<string, FalsePositiveRate> { ["spam"] = new(0.01, 3511, "email") },
            Tokens = 3,
            Bundle = new BundleIdentity("test", "1", "b"),
            Config = "c",
            ProcessedAt = TimeProvider.System.GetUtcNow(),
            AcceptedAt = TimeProvider.System.GetUtcNow(),
            TokenScores = new TokenScoreMap([0, 4, 13], [4, 13, 37], [float.NaN, -2.5f, -9f], [-1, 40, 4000], [float.NaN, 3f, 4f]),
        };
    }

    /// <summary>The moderation service in its process, this test's own hand on the same store, and a browser.</summary>
    private sealed class Site(TemporaryFolder data, SharedServer? server, TheProgram program, ConfiguredStore store, Browser browser) : IAsyncDisposable
    {
        public IVerdictStore Store => store.Verdicts;
        public Browser Browser => browser;

        public static Task<Site> StartAsync(params IReadOnlyList<JudgedMessage> judged) => StartOnAsync("embedded", judged);

        /// <param name="kind"><c>embedded</c>, <c>elasticsearch</c> or <c>opensearch</c>; the test is skipped where there is no such server.</param>
        public static async Task<Site> StartOnAsync(string kind, params IReadOnlyList<JudgedMessage> judged)
        {
            Optional.Chromium();
            var data = new TemporaryFolder();
            var server = kind == "embedded" ? null : await SharedServer.StartAsync(kind, Directory.CreateDirectory(data.File("server")).FullName);
            string url = TheProgram.FreeUrl();
            Dictionary<string, string> settings = new() { ["Detection__Http__Urls"] = url };
            var options = new DetectionOptions { Data = data.Path };
            if (server is not null)
            {
                (options.Store, options.Elasticsearch.Nodes, options.Elasticsearch.Replicas) = ("elasticsearch", server.Address, 0);
                (settings["Detection__Store"], settings["Detection__Elasticsearch__Nodes"], settings["Detection__Elasticsearch__Replicas"]) = ("elasticsearch", server.Address, "0");
            }
            var store = ConfiguredStore.Of(options, TimeProvider.System);
            await store.Verdicts.OpenAsync(Cancellation);
            await store.Verdicts.StoreAsync(judged, Cancellation);
            var program = TheProgram.Start(data.Path, ["moderation"], settings);
            await program.ReadyAsync(url, Patience);
            return new Site(data, server, program, store, await Browser.StartAsync(url));
        }

        public async ValueTask DisposeAsync()
        {
            await browser.DisposeAsync();
            await program.DisposeAsync();
            await store.DisposeAsync();
            if (server is not null) await server.DisposeAsync();
            data.Dispose();
        }
    }
}
