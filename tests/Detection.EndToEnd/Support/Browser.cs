using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Detection.EndToEnd;

/// <summary>A headless Chromium that notes what must not happen: errors of the page, and requests that leave the server under test.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly string _url;

    private Browser(IPlaywright playwright, IBrowser browser, string url) => (_playwright, _browser, _url) = (playwright, browser, url);

    public List<string> Problems { get; } = [];

    /// <summary>Skips the calling test where there is no Chromium.</summary>
    public static async Task<Browser> StartAsync(string url)
    {
        string chromium = Optional.Chromium();
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return new Browser(playwright, browser, url);
    }

    /// <summary>An element of a page of the dashboard that is connected.</summary>
    public const string Connected = "[data-interactive]";

    /// <summary>A page in a profile of its own; waits until it is connected, since keys pressed before are lost, or until what <paramref name="ready"/> selects is there.</summary>
    public async Task<IPage> OpenAsync(string address, int width = 1400, int height = 900, ColorScheme colours = ColorScheme.Light, string ready = Connected)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = colours });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        page.Console += (_, said) => Note(said.Type is "error" or "warning", $"{said.Type}: {said.Text}");
        page.PageError += (_, failure) => Note(true, failure);
        page.Dialog += (_, dialog) => Note(true, "dialog: " + dialog.Message);
        page.Request += (_, request) => Note(!request.Url.StartsWith(_url, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal), "outside: " + request.Url);
        await page.GotoAsync(_url + address);
        await page.Locator(ready).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        return page;
    }

    /// <summary>What axe finds wrong, one line each.</summary>
    public static async Task<IReadOnlyList<string>> AccessibilityProblemsAsync(IPage page) =>
        [.. (await page.RunAxe()).Violations.Select(found => $"{found.Id}: {found.Help}: {string.Join(" | ", found.Nodes.Take(3).Select(node => node.Html))}")];

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private void Note(bool wrong, string problem)
    {
        if (!wrong) return;
        lock (Problems) Problems.Add(problem);
    }
}
