using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Detection.Contracts;
using Detection.ServiceDefaults.Auth;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Moderation;

/// <summary>Signing in and out as a browser does it, without one.</summary>
public sealed partial class LoginTests : IAsyncLifetime
{
    private readonly AccessFiles _files = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly JudgedMessage _judged = Some.JudgedMessage();
    private readonly CookieContainer _cookies = new();
    private ModerationServer _server = null!;
    private HttpClient _browser = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _files.AddAccount("anna");
        _files.AddAccount("viewer", Scopes.Read);
        _server = await ModerationServer.StartWithAsync(_files.Settings, _time, _judged);
        _browser = new HttpClient(new HttpClientHandler { CookieContainer = _cookies, AllowAutoRedirect = false }) { BaseAddress = _server.Client.BaseAddress };
        _browser.DefaultRequestHeaders.Add("Accept", "text/html,application/xhtml+xml");
    }

    [Fact]
    public async Task A_page_leads_to_the_sign_in_and_from_there_back_and_a_call_of_a_program_is_401()
    {
        var page = await _browser.GetAsync("/verdict/1?action=hold", Cancellation);
        Assert.Equal((HttpStatusCode.Redirect, "/login?returnUrl=%2Fverdict%2F1%3Faction%3Dhold"), (page.StatusCode, page.Headers.Location?.OriginalString));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _browser.GetAsync("/api/v1/verdicts", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.Client.GetAsync("/", Cancellation)).StatusCode);

        var signedIn = await SignInAsync("Anna", AccessFiles.Password, "/login?returnUrl=%2Fverdict%2F1%3Faction%3Dhold");
        Assert.Equal((HttpStatusCode.Redirect, "/verdict/1?action=hold"), (signedIn.StatusCode, signedIn.Headers.Location?.OriginalString));
        string cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"), value => value.StartsWith("detection=", StringComparison.Ordinal));
        foreach (string flag in new[] { "; path=/", "; samesite=strict", "; httponly" }) Assert.Contains(flag, cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/api/v1/verdicts", Cancellation)).StatusCode);
        Assert.Contains(">anna</span>", await _browser.GetStringAsync("/", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_decision_carries_the_name_and_one_who_may_only_look_is_403()
    {
        await SignInAsync("anna", AccessFiles.Password);
        var decision = new { verdictId = _judged.VerdictId, labels = new { mail = "spam", techniques = new { } } };
        Assert.Equal(HttpStatusCode.Created, (await _browser.PostAsJsonAsync("/api/v1/decisions", decision, Cancellation)).StatusCode);
        Assert.Equal("anna", Assert.Single(await _server.Store.HistoryAsync(_judged.MessageId, _judged.ContentSha256, Cancellation)).Moderator);

        await SignInAsync("viewer", AccessFiles.Password);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _browser.PostAsJsonAsync("/api/v1/decisions", decision, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task An_unknown_name_a_wrong_password_and_a_disabled_account_give_the_same_page()
    {
        _files.AddAccount("gone");
        _files.Change("gone", account => account with { Disabled = true });
        _time.Advance(TimeSpan.FromSeconds(1));
        var pages = new List<string>();
        foreach (var (name, password) in new[] { ("anna", "a wrong password"), ("nobody", AccessFiles.Password), ("gone", AccessFiles.Password) })
        {
            var answer = await SignInAsync(name, password);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            pages.Add(Token().Replace((await answer.Content.ReadAsStringAsync(Cancellation)).Replace($"\"{name}\"", "\"NAME\"", StringComparison.Ordinal), "TOKEN"));
        }
        Assert.Single(pages.Distinct());
        Assert.Contains("Name or password is wrong.", pages[0], StringComparison.Ordinal);
        Assert.DoesNotContain("password\" value", pages[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_tries_are_429_and_the_right_password_waits_too()
    {
        for (int i = 0; i < Lockout.FreeTries; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync("anna", "a wrong password")).StatusCode);
        var locked = await SignInAsync("anna", AccessFiles.Password);
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(30)), (locked.StatusCode, locked.Headers.RetryAfter?.Delta));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(HttpStatusCode.Redirect, (await SignInAsync("anna", AccessFiles.Password)).StatusCode);
    }

    [Fact]
    public async Task A_form_without_its_token_signs_nobody_in_or_out()
    {
        using var form = Form(("name", "anna"), ("password", AccessFiles.Password));
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync("/login", form, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _browser.PostAsJsonAsync("/login", new { name = "anna" }, Cancellation)).StatusCode);
        await SignInAsync("anna", AccessFiles.Password);
        using var nothing = Form();
        await _browser.PostAsync("/logout", nothing, Cancellation);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/", Cancellation)).StatusCode);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/logout") { Content = Form() };
        foreign.Headers.Add("Origin", "http://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await _browser.SendAsync(foreign, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_also_for_a_copy_of_its_cookie()
    {
        await SignInAsync("anna", AccessFiles.Password);
        string copy = _cookies.GetCookieHeader(_browser.BaseAddress!);
        using var form = Form(("__RequestVerificationToken", await TokenAsync("/")));
        var left = await _browser.PostAsync("/logout", form, Cancellation);
        Assert.Equal((HttpStatusCode.Redirect, "/login"), (left.StatusCode, left.Headers.Location?.OriginalString));
        Assert.Equal(HttpStatusCode.Redirect, (await _browser.GetAsync("/", Cancellation)).StatusCode);
        using var stolen = new HttpRequestMessage(HttpMethod.Get, "/api/v1/verdicts");
        stolen.Headers.Add("Cookie", copy);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.Client.SendAsync(stolen, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_session_slides_for_eight_hours_and_ends_when_the_account_is_disabled()
    {
        await SignInAsync("anna", AccessFiles.Password);
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromHours(5));
            Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/api/v1/verdicts", Cancellation)).StatusCode);
        }
        _time.Advance(TimeSpan.FromHours(8) + TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _browser.GetAsync("/api/v1/verdicts", Cancellation)).StatusCode);

        await SignInAsync("anna", AccessFiles.Password);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/api/v1/verdicts", Cancellation)).StatusCode);
        _files.Change("anna", account => account with { Disabled = true });
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _browser.GetAsync("/api/v1/verdicts", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task The_stream_of_events_ends_for_a_key_that_was_removed()
    {
        string key = _files.AddKey(Scopes.Read);
        _time.Advance(TimeSpan.FromSeconds(1));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/verdicts/stream");
        request.Headers.Authorization = new("Bearer", key);
        using var answer = await _server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("event: ready", await reader.ReadLineAsync(Cancellation));
        KeyFile.Change(_files.Keys, _ => []);
        _time.Advance(TimeSpan.FromSeconds(1));
        await _server.Store.StoreAsync([Some.JudgedMessage(Some.Message("later"))], Cancellation);
        Assert.DoesNotContain("verdict", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//evil.example/x")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/\n/evil.example")]
    public async Task The_way_back_never_leaves_this_server(string returnUrl)
    {
        var signedIn = await SignInAsync("anna", AccessFiles.Password, "/login?returnUrl=" + Uri.EscapeDataString(returnUrl));
        Assert.Equal("/", signedIn.Headers.Location?.OriginalString);
    }

    private async Task<HttpResponseMessage> SignInAsync(string name, string password, string page = "/login")
    {
        string html = await _browser.GetStringAsync(page, Cancellation);
        string returnUrl = WebUtility.HtmlDecode(Regex.Match(html, "name=\"returnUrl\" value=\"([^\"]*)\"").Groups[1].Value);
        using var form = Form(("name", name), ("password", password), ("returnUrl", returnUrl), ("__RequestVerificationToken", Token().Match(html).Groups[1].Value));
        return await _browser.PostAsync("/login", form, Cancellation);
    }

    private async Task<string> TokenAsync(string page) => Token().Match(await _browser.GetStringAsync(page, Cancellation)).Groups[1].Value;

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _server.DisposeAsync();
        _files.Dispose();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]*)\"")]
    private static partial Regex Token();
}
