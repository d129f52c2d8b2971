using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Detection.Contracts;
using Detection.Moderation;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Playwright;

namespace Detection.EndToEnd;

/// <summary>Keys and accounts with real processes, made by the commands, and signing in with a real browser.</summary>
public sealed class AuthTests : IDisposable
{
    private const string Password = "correct horse battery";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _data = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Keys => _data.File("keys.json");
    private string Users => _data.File("users.json");

    [Theory]
    [InlineData("serve", "POST /api/v1/scan", "ingest", "read")]
    [InlineData("serve", "GET /api/v1/verdicts", "read", "ingest")]
    [InlineData("worker", "POST /api/v1/scan", "ingest", "decide")]
    [InlineData("moderation", "GET /api/v1/verdicts", "read", "decide")]
    [InlineData("trainer", "GET /api/v1/models/versions", "read", "ingest")]
    public async Task With_keys_a_service_listens_beyond_loopback_and_answers_401_403_and_200(string service, string route, string right, string wrong)
    {
        string rightKey = await AddKeyAsync(right), wrongKey = await AddKeyAsync(wrong), local = TheProgram.FreeUrl(), open = local.Replace("127.0.0.1", "0.0.0.0", StringComparison.Ordinal);
        await using var program = TheProgram.Start(_data.Path, [service], new Dictionary<string, string> { ["Detection__Http__Urls"] = open, ["Detection__Auth__KeysFile"] = Keys });
        await program.ReadyAsync(local, Patience);
        using var http = new HttpClient { BaseAddress = new Uri(local) };
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, "GET /health/live", null));
        foreach (string closed in new[] { route, "GET /metrics", "GET /nowhere" }) Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(http, closed, null));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(http, route, wrongKey));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, route, rightKey));
        Assert.Contains("without TLS", program.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(rightKey, program.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("worker")]
    [InlineData("moderation")]
    [InlineData("trainer")]
    public async Task Without_them_no_service_listens_beyond_loopback(string service)
    {
        await using var program = TheProgram.Start(_data.Path, [service], new Dictionary<string, string> { ["Detection__Http__Urls"] = "http://0.0.0.0:5999" });
        Assert.Equal(2, await program.ExitAsync(Patience));
        Assert.Contains("no authentication is configured", program.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_file_and_a_missing_folder_of_secrets_stop_the_start_by_name()
    {
        await File.WriteAllTextAsync(Keys, "{\"keys\":[{\"id\":1}]}", Cancellation);
        foreach (var (option, value, names) in new[] { ("Detection__Auth__KeysFile", Keys, $"Detection:Auth:KeysFile: {Keys}, line 1, keys[0].id"), ("Detection__Secrets", _data.File("nowhere"), "Detection:Secrets") })
        {
            await using var program = TheProgram.Start(_data.Path, ["moderation"], new Dictionary<string, string> { [option] = value, ["Detection__Http__Urls"] = TheProgram.FreeUrl() });
            Assert.Equal(2, await program.ExitAsync(Patience));
            Assert.Contains(names, program.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_moderator_signs_in_decides_under_that_name_and_signs_out()
    {
        Optional.Chromium();
        await AddAccountAsync("anna");
        await using var store = new SqliteVerdictStore(new VerdictStoreOptions { Folder = _data.Path });
        await store.OpenAsync(Cancellation);
        var judged = Judged();
        await store.StoreAsync([judged], Cancellation);
        string url = TheProgram.FreeUrl();
        // The file of accounts comes as a mounted secret does.
        Directory.CreateDirectory(_data.File("secrets"));
        await File.WriteAllTextAsync(_data.File("secrets/Detection__Auth__UsersFile"), Users + "\n", Cancellation);
        await using var program = TheProgram.Start(_data.Path, ["moderation"], new Dictionary<string, string> { ["Detection__Http__Urls"] = url, ["Detection__Secrets"] = _data.File("secrets") });
        await program.ReadyAsync(url, Patience);
        await using var browser = await Browser.StartAsync(url);

        var page = await browser.OpenAsync("/verdict/" + judged.VerdictId, ready: "#name:focus");
        Assert.EndsWith("/login?returnUrl=%2Fverdict%2F" + judged.VerdictId, page.Url, StringComparison.Ordinal);
        await page.Keyboard.TypeAsync("anna");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(Browser.Connected).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        Assert.EndsWith("/verdict/" + judged.VerdictId, page.Url, StringComparison.Ordinal);
        await page.Locator(".signed-in").GetByText("anna").WaitForAsync();
        Assert.Empty(await Browser.AccessibilityProblemsAsync(page));

        await page.Keyboard.PressAsync("s");
        await page.Locator(".choice button[aria-pressed=true]:has-text('Spam')").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Save", Exact = true }).ClickAsync();
        await page.Locator(".history").GetByText("anna").WaitForAsync();
        Assert.Equal("anna", Assert.Single(await store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation)).Moderator);

        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign out" }).ClickAsync();
        await page.Locator("#name").WaitForAsync();
        await page.GotoAsync(url + "/");
        Assert.EndsWith("/login", page.Url, StringComparison.Ordinal);
        Assert.Empty(browser.Problems);
    }

    [Theory]
    [InlineData(1400, ColorScheme.Light)]
    [InlineData(1400, ColorScheme.Dark)]
    [InlineData(380, ColorScheme.Light)]
    [InlineData(380, ColorScheme.Dark)]
    public async Task The_sign_in_page_is_accessible_fits_its_width_and_says_what_is_wrong(int width, ColorScheme colours)
    {
        await using var site = await Site.StartAsync(this);
        var page = await site.Browser.OpenAsync("/login", width, 800, colours, ready: "#name:focus");
        Assert.Empty(await Browser.AccessibilityProblemsAsync(page));
        Assert.Empty(site.Browser.Problems);

        await SignInAsync(page, "a wrong password");
        await page.GetByRole(AriaRole.Alert).GetByText("Name or password is wrong.").WaitForAsync();
        Assert.Equal(("anna", ""), (await page.InputValueAsync("#name"), await page.InputValueAsync("#password")));
        Assert.Empty(await Browser.AccessibilityProblemsAsync(page));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));

        await SignInAsync(page, Password);
        await page.Locator(Browser.Connected).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        Assert.Empty(await Browser.AccessibilityProblemsAsync(page));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        // Chromium notes the status of the page with the wrong password; nothing else.
        Assert.All(site.Browser.Problems, problem => Assert.Contains("401", problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_open_page_ends_within_a_minute_when_its_account_is_disabled_or_its_session_was_signed_out_elsewhere(bool disabled)
    {
        await using var site = await Site.StartAsync(this);
        var page = await site.Browser.OpenAsync("/login", ready: "#name:focus");
        await SignInAsync(page, Password);
        await page.Locator(Browser.Connected).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        if (disabled) AccountFile.Change(Users, users => [.. users.Select(account => account with { Disabled = true })]);
        else
        {
            var other = await page.Context.NewPageAsync();
            await other.GotoAsync(page.Url);
            await other.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign out" }).ClickAsync();
            await other.Locator("#name").WaitForAsync();
        }
        site.Time.Advance(TimeSpan.FromMinutes(1));
        await page.Locator("#name").WaitForAsync();
        Assert.EndsWith("/login", page.Url, StringComparison.Ordinal);
        Assert.Empty(site.Browser.Problems);
    }

    [Fact]
    public async Task A_decision_in_an_open_page_of_a_disabled_account_is_refused_at_once()
    {
        await using var site = await Site.StartAsync(this);
        var page = await site.Browser.OpenAsync("/verdict/" + site.Judged.VerdictId, ready: "#name:focus");
        await SignInAsync(page, Password);
        await page.Locator(Browser.Connected).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        AccountFile.Change(Users, users => [.. users.Select(account => account with { Disabled = true })]);
        site.Time.Advance(TimeSpan.FromSeconds(1));
        await page.Keyboard.PressAsync("s");
        await page.Locator(".choice button[aria-pressed=true]:has-text('Spam')").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Save", Exact = true }).ClickAsync();
        await page.GetByText("moderator is signed out; sign in again.").WaitForAsync();
        Assert.Empty(await site.Store.HistoryAsync(site.Judged.MessageId, site.Judged.ContentSha256, Cancellation));
    }

    [Theory]
    [InlineData(1400, ColorScheme.Light)]
    [InlineData(1400, ColorScheme.Dark)]
    [InlineData(400, ColorScheme.Light)]
    [InlineData(400, ColorScheme.Dark)]
    public async Task An_account_that_may_only_read_is_told_so_and_is_offered_nothing_to_decide_by_pointer_or_key(int width, ColorScheme colours)
    {
        await using var site = await Site.StartAsync(this, Scopes.Read);
        await site.Store.DecideAsync(new ModeratorDecision
        {
            DecisionId = "d1",
            MessageId = site.Judged.MessageId,
            VerdictId = site.Judged.VerdictId,
            ContentSha256 = site.Judged.ContentSha256,
            Labels = new DecisionLabels(null, DecidedMail.Spam, new Dictionary<string, bool>()),
            Moderator = "bert",
            DecidedAt = site.Judged.ProcessedAt,
            Bundle = site.Judged.Bundle,
        }, Cancellation);
        var page = await site.Browser.OpenAsync("/verdict/" + site.Judged.VerdictId, width, 900, colours, ready: "#name:focus");
        await SignInAsync(page, Password);
        await page.Locator(Browser.Connected).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        await page.Locator(".signed-in").GetByText("read only").WaitForAsync();
        await page.GetByText("Your account may look, but not decide.").WaitForAsync();
        await page.Locator(".history").GetByText("bert").WaitForAsync();
        Assert.Equal(0, await page.Locator(".decide, .choice, .techniques, .history button").CountAsync());
        // The help comes last: the others were heard before it.
        foreach (string key in new[] { "h", "s", "p", "u", "m", "1", "d", "z", "Control+Enter", "?" }) await page.Keyboard.PressAsync(key);
        await page.Locator(".mud-dialog .keys").WaitForAsync();
        Assert.Equal(0, await page.Locator(".mud-dialog").GetByText("Phishing").CountAsync());
        Assert.Equal("d1", Assert.Single(await site.Store.HistoryAsync(site.Judged.MessageId, site.Judged.ContentSha256, Cancellation)).DecisionId);
        await page.Locator(".mud-dialog [aria-label=Close]").ClickAsync();
        await page.Locator(".mud-dialog").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        Assert.Empty(await Browser.AccessibilityProblemsAsync(page));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.Empty(site.Browser.Problems);
    }

    public void Dispose() => _data.Dispose();

    private static async Task SignInAsync(IPage page, string password)
    {
        await page.FillAsync("#name", "anna");
        await page.FillAsync("#password", password);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Sign in" }).ClickAsync();
    }

    private async Task<string> AddKeyAsync(string scope)
    {
        await using var program = TheProgram.Start(_data.Path, ["keys", "add", "--name", scope, "--scope", scope, "--file", Keys]);
        Assert.Equal(0, await program.ExitAsync(Patience));
        return program.Output.Trim();
    }

    private async Task AddAccountAsync(string name)
    {
        await using var program = TheProgram.Start(_data.Path, ["users", "add", name, "--file", Users], input: Encoding.UTF8.GetBytes(Password + "\n"));
        Assert.True(await program.ExitAsync(Patience) == 0, program.Error);
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, string route, string? key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(route.Split(' ')[0]), route.Split(' ')[1]);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (request.Method == HttpMethod.Post) request.Content = new StringContent("""{"text":"See you at five."}""", Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private static JudgedMessage Judged()
    {
        var message = new Message { Id = "m1", Subject = "You have won", Text = "Dear customer, the deadline is today.", Channel = Channel.Email };
        string content = VerdictIdentity.ContentSha256(message);
        return new JudgedMessage
        {
            Message = message,
            MessageId = "m1",
            ContentSha256 = content,
            VerdictId = VerdictIdentity.VerdictId("m1", content, "b", "r"),
            Action = VerdictAction.Hold,
            Channel = message.Channel,
            Scores = new Scores(0.9, 0.97, 0.4, 0.8),
            Authorship = Authorship.Machine,
            Decided = new Decided(MailKind.Spam, []),
            Bundle = new BundleIdentity("test", "1", "b"),
            Config = "c",
            ProcessedAt = TimeProvider.System.GetUtcNow(),
        };
    }

    /// <summary>The real moderation host in this process, so that its clock can be moved.</summary>
    private sealed class Site(WebApplication app, SqliteVerdictStore store, FakeTimeProvider time, JudgedMessage judged, Browser browser) : IAsyncDisposable
    {
        public IVerdictStore Store => store;
        public FakeTimeProvider Time => time;
        public JudgedMessage Judged => judged;
        public Browser Browser => browser;

        public static async Task<Site> StartAsync(AuthTests test, params IReadOnlyList<string> scopes)
        {
            Optional.Chromium();
            AccountFile.Change(test.Users, _ => [new Account { Name = "anna", Scopes = scopes.Count > 0 ? scopes : [Scopes.Read, Scopes.Decide], PasswordHash = Account.Hash(Password), Created = default }]);
            var store = new SqliteVerdictStore(new VerdictStoreOptions { Folder = test._data.Path });
            await store.OpenAsync(Cancellation);
            var judged = AuthTests.Judged();
            await store.StoreAsync([judged], Cancellation);
            var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Detection.Moderation", ContentRootPath = AppContext.BaseDirectory });
            builder.Configuration.Sources.Clear();
            builder.Configuration.AddInMemoryCollection([new("Detection:Data", test._data.Path), new("Detection:Http:Urls", "http://127.0.0.1:0"), new("Detection:Auth:UsersFile", test.Users)]);
            builder.Services.AddSingleton<TimeProvider>(time);
            var options = builder.AddServiceDefaults("test");
            builder.Logging.SetMinimumLevel(LogLevel.Error);
            builder.Services.AddSingleton<IVerdictStore>(store);
            builder.Services.AddModeration(options);
            var app = builder.Build();
            app.MapServiceDefaults();
            app.MapModeration();
            await app.StartAsync(Cancellation);
            return new Site(app, store, time, judged, await Browser.StartAsync(app.Urls.Single()));
        }

        public async ValueTask DisposeAsync()
        {
            await browser.DisposeAsync();
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }
    }
}
