using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Detection.EndToEnd;

/// <summary>The steps of docs/operating.md for the embedded store: a backup taken while the program runs, put in place of a lost data folder.</summary>
public sealed class BackupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_of_a_running_store_brings_verdicts_decisions_and_search_back()
    {
        using var data = new TemporaryFolder();
        using var restored = new TemporaryFolder();
        string url = TheProgram.FreeUrl(), verdict;
        await using (var serve = TheProgram.Start(data.Path, ["serve", "--urls", url]))
        {
            await serve.ReadyAsync(url, Patience);
            using var http = new HttpClient { BaseAddress = new Uri(url) };
            verdict = await ScanAsync(http, "The okapi fund doubled this week, join it today");
            using (var decided = await http.PostAsJsonAsync("/api/v1/decisions", new { verdictId = verdict, labels = new { mail = "spam" } }, Cancellation)) Assert.True(decided.IsSuccessStatusCode);
            await BackUpAsync(data.File("verdicts.db"), restored.File("verdicts.db"));
            // What comes after the backup is what a restore loses.
            await ScanAsync(http, "The quagga offer ends tonight, order it");
        }

        await using var again = TheProgram.Start(restored.Path, ["serve", "--urls", url]);
        await again.ReadyAsync(url, Patience);
        using var client = new HttpClient { BaseAddress = new Uri(url) };
        using var found = JsonDocument.Parse(await client.GetStringAsync("/api/v1/verdicts?q=okapi", Cancellation));
        var judged = Assert.Single(found.RootElement.GetProperty("items").EnumerateArray()).GetProperty("verdict");
        Assert.Equal(verdict, judged.GetProperty("verdictId").GetString());
        Assert.NotEqual(JsonValueKind.Null, judged.GetProperty("decision").ValueKind);
        using var all = JsonDocument.Parse(await client.GetStringAsync("/api/v1/verdicts", Cancellation));
        Assert.Single(all.RootElement.GetProperty("items").EnumerateArray());
    }

    /// <summary>What <c>sqlite3 verdicts.db ".backup copy.db"</c> does.</summary>
    private static async Task BackUpAsync(string from, string to)
    {
        await using var source = new SqliteConnection($"Data Source={from};Mode=ReadOnly;Pooling=False");
        await using var target = new SqliteConnection($"Data Source={to};Pooling=False");
        await source.OpenAsync(Cancellation);
        await target.OpenAsync(Cancellation);
        source.BackupDatabase(target);
    }

    private static async Task<string> ScanAsync(HttpClient http, string text)
    {
        using var scanned = await http.PostAsJsonAsync("/api/v1/scan", new { text, channel = "email" }, Cancellation);
        using var verdict = JsonDocument.Parse(await scanned.Content.ReadAsStringAsync(Cancellation));
        return verdict.RootElement.GetProperty("verdictId").GetString()!;
    }
}
