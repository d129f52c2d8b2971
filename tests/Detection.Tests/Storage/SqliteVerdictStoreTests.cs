using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using Detection.Contracts;
using Detection.Storage;
using Detection.Storage.Sqlite;

namespace Detection.Tests.Storage;

public sealed class SqliteVerdictStoreTests : VerdictStoreContract
{
    protected override async Task<IVerdictStore> OpenAsync(string data, StoredBodies bodies) => await SqliteAsync(new VerdictStoreOptions { Folder = data, Bodies = bodies, Readers = 2 });

    [Fact]
    public async Task Without_bodies_no_word_of_the_message_is_in_the_file()
    {
        using var data = new TemporaryFolder();
        var message = Some.Message(text: "the secretword") with { Hidden = [new HiddenText("tiny-font", "secretword")], Links = [new Link("secretword", "https://example.org")] };
        var judged = Some.JudgedMessage(message);
        await using (var store = await SqliteAsync(new VerdictStoreOptions { Folder = data.Path, Bodies = StoredBodies.Off }))
        {
            await store.StoreAsync([judged], Cancellation);
        }
        foreach (string file in Directory.EnumerateFiles(data.Path))
            Assert.DoesNotContain("secretword", await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_first_form_is_brought_to_the_present_one_with_all_it_holds()
    {
        using var data = new TemporaryFolder();
        var options = new VerdictStoreOptions { Folder = data.Path };
        var judged = Some.JudgedMessage() with { Campaign = new CampaignSnapshot("c1", 2, 1, 0.9) };
        var decision = Some.Decision(judged);
        using (var file = new SqliteSession(options.FilePath, options.BusyTimeout))
        {
            file.Execute(StoreFile.Migrations[0]);
            file.Execute($"PRAGMA application_id = {StoreFile.ApplicationId}");
            file.Execute("PRAGMA user_version = 1");
            file.Execute("INSERT INTO verdicts VALUES (1, $verdict, $message, $content, $at, 1, 'email', 'human', 'spam', 0.7)",
                ("$verdict", judged.VerdictId), ("$message", judged.MessageId), ("$content", judged.ContentSha256), ("$at", judged.ProcessedAt.UtcTicks));
            file.Execute("INSERT INTO documents VALUES (1, $json, NULL)", ("$json", Json(judged with { TokenScores = null })));
            file.Execute("INSERT INTO search (rowid, subject, text, author) SELECT row, subject, text, author FROM search_source");
            file.Execute("INSERT INTO decisions VALUES (1, $id, $message, $content, $json)", ("$id", decision.DecisionId), ("$message", decision.MessageId), ("$content", decision.ContentSha256), ("$json", Json(decision)));
        }
        await using var store = await SqliteAsync(options);
        Assert.Equal(judged.MessageId, Assert.Single((await store.SearchAsync(new VerdictQuery { Text = "invoice" }, Cancellation)).Items).Judged.MessageId);
        var counts = await store.CountAsync(new VerdictQuery(), Cancellation);
        Assert.Equal((1, 1), (counts.ByCampaign["c1"], counts.ByAccount["anna@example.org"]));
        Assert.Equal(decision.Key, Assert.Single(await store.PendingDecisionsAsync(10, Cancellation)).Key);
    }

    [Fact]
    public async Task No_word_of_an_erased_author_is_in_the_file()
    {
        using var data = new TemporaryFolder();
        await using var store = await SqliteAsync(new VerdictStoreOptions { Folder = data.Path });
        await store.StoreAsync([.. Enumerable.Range(0, 50).Select(i => Some.JudgedMessage(Some.Message($"m{i}", $"the secretword {i}") with { Author = new Author(i % 2 == 0 ? "eve" : "bob") }))], Cancellation);
        await store.EraseAuthorAsync("eve", "x", Cancellation);
        await store.EraseAuthorAsync("bob", "x", Cancellation);
        foreach (string file in Directory.EnumerateFiles(data.Path))
            Assert.DoesNotContain("secretword", await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1, Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_went_away_or_became_another_is_named_by_the_check(bool gone)
    {
        using var data = new TemporaryFolder();
        await using var store = await SqliteAsync(new VerdictStoreOptions { Folder = data.Path });
        string file = data.File("verdicts.db");
        foreach (string part in Directory.GetFiles(data.Path)) File.Delete(part);
        if (!gone) File.WriteAllText(file, new string('x', 5_000));
        string? reason = await StoreReadiness.ReasonAsync(store, Cancellation);
        Assert.Contains(file, reason, StringComparison.Ordinal);
        Assert.Equal(!gone, File.Exists(file));
    }

    [Fact]
    public async Task Too_many_token_scores_are_left_out_and_too_large_a_message_is_rejected()
    {
        using var data = new TemporaryFolder();
        await using var store = await SqliteAsync(new VerdictStoreOptions { Folder = data.Path, MaxTokenScoreBytes = 30, MaxDocumentBytes = 20_000 });
        var judged = Some.JudgedMessage();
        var large = Some.JudgedMessage(Some.Message("m2", new string('x', 20_000)));
        var outcomes = await store.StoreAsync([judged, large], Cancellation);
        Assert.Null((await store.FindAsync(judged.VerdictId, Cancellation))!.TokenScores);
        Assert.Equal(StoreResult.Rejected, outcomes[1].Result);
        Assert.Contains("20000", outcomes[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_form_is_refused_and_so_is_any_other_file()
    {
        using var data = new TemporaryFolder();
        var options = new VerdictStoreOptions { Folder = data.Path };
        await (await SqliteAsync(options)).DisposeAsync();
        using (var file = new SqliteSession(options.FilePath, options.BusyTimeout)) file.Execute("PRAGMA user_version = 1000");
        await Refuses(options, StoreFault.NewerVersion, "newer version");

        var other = options with { File = "other.db" };
        using (var file = new SqliteSession(other.FilePath, options.BusyTimeout)) file.Execute("CREATE TABLE mine (x)");
        await Refuses(other, StoreFault.Corrupt, "no verdict store");

        var damaged = options with { File = "damaged.db" };
        await File.WriteAllTextAsync(damaged.FilePath, new string('?', 5000), Cancellation);
        await Refuses(damaged, StoreFault.Corrupt, "damaged.db");

        static async Task Refuses(VerdictStoreOptions options, StoreFault fault, string words)
        {
            var refused = await Assert.ThrowsAsync<StoreException>(() => SqliteAsync(options));
            Assert.Equal(fault, refused.Fault);
            Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Instruments_have_their_names()
    {
        using var data = new TemporaryFolder();
        HashSet<string> seen = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == "Detection.Storage") listener.EnableMeasurementEvents(instrument); },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => { lock (seen) seen.Add(instrument.Name); });
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => { lock (seen) seen.Add(instrument.Name); });
        listener.Start();
        await using var store = await SqliteAsync(new VerdictStoreOptions { Folder = data.Path });
        await store.StoreAsync([Some.JudgedMessage()], Cancellation);
        await store.DecideAsync(Some.Decision(Some.JudgedMessage()), Cancellation);
        lock (seen) Assert.Superset(new HashSet<string> { "db.client.operation.duration", "detection.store.verdicts", "detection.store.decisions" }, seen);
    }

    [Fact]
    public async Task Conditions_that_many_verdicts_fulfil_select_the_same()
    {
        using var data = new TemporaryFolder();
        await using var store = await SqliteAsync(new VerdictStoreOptions { Folder = data.Path });
        await store.StoreAsync([.. Enumerable.Range(0, 2100).Select(i => At($"m{i}", i))], Cancellation);
        var query = new VerdictQuery { Text = "invoice", Author = "anna", Techniques = ["urgency_scarcity"], Actions = [VerdictAction.Review], Take = 3 };
        var page = await store.SearchAsync(query, Cancellation);
        Assert.Equal(["m2099", "m2098", "m2097"], page.Items.Select(hit => hit.Judged.MessageId));
        Assert.Equal(["m2096", "m2095", "m2094"], (await store.SearchAsync(query with { After = page.Next }, Cancellation)).Items.Select(hit => hit.Judged.MessageId));
        Assert.Equal(2100, (await store.CountAsync(query, Cancellation)).Total);
    }

    [Fact]
    public void Options_out_of_range_are_named() =>
        Assert.Contains("Readers", Assert.Throws<ValidationException>(() => new SqliteVerdictStore(new VerdictStoreOptions { Folder = "x", Readers = 0 })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_store_that_is_not_open_says_so()
    {
        using var data = new TemporaryFolder();
        await using var store = new SqliteVerdictStore(new VerdictStoreOptions { Folder = data.Path });
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.FindAsync("x", Cancellation));
    }

    private static async Task<SqliteVerdictStore> SqliteAsync(VerdictStoreOptions options)
    {
        var store = new SqliteVerdictStore(options);
        try
        {
            await store.OpenAsync(Cancellation);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }
}
