using Detection.Contracts;
using Detection.Storage;
using Detection.Storage.Elasticsearch;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Storage;

[Collection(WithElasticsearch.Name)]
public sealed class ElasticsearchVerdictStoreTests(ElasticsearchServer server) : SearchServerContract(server);

[Collection(WithOpenSearch.Name)]
public sealed class OpenSearchVerdictStoreTests(OpenSearchServer server) : SearchServerContract(server);

/// <summary>What holds for stores on a search server, beside the contract of all stores.</summary>
public abstract class SearchServerContract(SearchServer server) : VerdictStoreContract, IAsyncDisposable
{
    private SearchIndices? _indices;

    private SearchIndices Indices => _indices ??= new SearchIndices(server);

    protected override async Task<IVerdictStore> OpenAsync(string data, StoredBodies bodies) => await Indices.OpenAsync(Indices.Options(data) with { Bodies = bodies });

    protected override Task SettleAsync(IVerdictStore store) => ((ElasticsearchVerdictStore)store).RefreshAsync(Cancellation);

    [Fact]
    public async Task A_month_far_away_is_rejected_and_makes_no_index()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        var outcomes = await store.StoreAsync(
        [
            At("old", 0) with { AcceptedAt = Some.Time.AddMonths(-2) }, At("before", 0) with { AcceptedAt = Some.Time.AddMonths(-1) }, At("after", 0) with { AcceptedAt = new DateTimeOffset(2026, 2, 28, 23, 59, 59, TimeSpan.Zero) },
            At("future", 0) with { AcceptedAt = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) },
        ], Cancellation);
        Assert.Equal([StoreResult.Rejected, StoreResult.Stored, StoreResult.Stored, StoreResult.Rejected], outcomes.Select(outcome => outcome.Result));
        Assert.Contains("acceptedAt", outcomes[0].Reason, StringComparison.Ordinal);
        string[] indices = [.. (await Indices.AskAsync(HttpMethod.Get, $"/{options.Prefix}-verdicts-*")).AsObject().Select(index => index.Key).Order()];
        Assert.Equal(new[] { "2025.12", "2026.01", "2026.02" }.Select(month => $"{options.Prefix}-verdicts-{month}-v1"), indices);
    }

    [Fact]
    public async Task A_document_has_ecs_names_and_keeps_what_a_new_head_brings()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        var judged = Some.JudgedMessage(Some.Message() with { Attachments = [new Attachment("a.pdf", "application/pdf", 12)], ReplyTo = "x@example.org", Recipients = [new Mailbox("B", "b@example.org")] }) with
        {
            Manipulation = new Dictionary<string, double?> { ["head_of_tomorrow"] = 0.1 + 0.2, ["zero"] = -0.0, ["small"] = double.Epsilon },
        };
        Assert.Equal([new StoreOutcome(StoreResult.Stored)], await store.StoreAsync([judged], Cancellation));
        await store.DecideAsync(Some.Decision(judged), Cancellation);
        Assert.Equal(Json(judged.Manipulation), Json((await store.FindAsync(judged.VerdictId, Cancellation))!.Manipulation));
        var source = (await Indices.AskAsync(HttpMethod.Get, $"/{options.Prefix}-verdicts-2026.01/_doc/{judged.VerdictId}"))["_source"]!;
        Assert.Equal(("anna@example.org", "b@example.org", "x@example.org"), ((string?)source["email"]!["from"]!["address"]![0], (string?)source["email"]!["to"]!["address"]![0], (string?)source["email"]!["reply_to"]!["address"]![0]));
        Assert.Equal(("m1", "a.pdf", 12), ((string?)source["email"]!["message_id"], (string?)source["email"]!["attachments"]![0]!["file"]!["name"], (int)source["email"]!["attachments"]![0]!["file"]!["size"]!));
        Assert.Equal(("decided", "local"), ((string?)source["decision"]!["state"], (string?)source["decision"]!["moderator"]));
        Assert.StartsWith("2026-01-31T08:30:0", (string?)source["event"]!["ingested"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_is_rejected_by_name_of_the_field_without_its_content()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path, StoredBodies.On);
        // One name cannot be a number and a map at once.
        var broken = Some.JudgedMessage() with { Criteria = new Dictionary<string, double?> { ["a.b"] = 1, ["a"] = 2 } };
        var outcomes = await store.StoreAsync([broken, At("fine", 0)], Cancellation);
        Assert.Equal([StoreResult.Rejected, StoreResult.Stored], outcomes.Select(outcome => outcome.Result));
        Assert.DoesNotContain("invoice", outcomes[0].Reason, StringComparison.Ordinal);
        Assert.Contains("exception", outcomes[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_of_an_older_form_stops_the_store_and_puts_no_message_aside()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        string index = $"{options.Prefix}-verdicts-2026.01";
        string component = $"/_component_template/{options.Prefix}-verdicts-mappings";
        var older = (await Indices.AskAsync(HttpMethod.Get, component))["component_templates"]![0]!["component_template"]!.AsObject();
        Assert.True(older["template"]!["mappings"]!["properties"]!.AsObject().Remove("traceId"));
        await Indices.AskAsync(HttpMethod.Put, component, older.ToJsonString());
        await Indices.AskAsync(HttpMethod.Delete, $"/{index}-v1");
        await Indices.AskAsync(HttpMethod.Put, $"/{index}-v1", $$"""{"aliases": {"{{index}}": {"is_write_index": true}, "{{options.Prefix}}-verdicts": { } } }""");
        var refused = await Assert.ThrowsAsync<StoreException>(() => store.StoreAsync([At("m1", 0) with { TraceId = new string('a', 32) }], Cancellation));
        Assert.Equal(StoreFault.Unavailable, refused.Fault);
        Assert.Contains("indices migrate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Small_requests_and_many_callers_at_once_store_everything_once()
    {
        using var data = new TemporaryFolder();
        await using var store = await Indices.OpenAsync(Indices.Options(data.Path) with { BulkDocuments = 7, BulkBytes = 64 << 10 });
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => store.StoreAsync([.. Enumerable.Range(0, 30).Select(j => At($"m{i}-{j % 25}", j))], Cancellation)));
        Assert.All(results, outcomes => Assert.Equal((25, 5), (outcomes.Count(outcome => outcome.Result == StoreResult.Stored), outcomes.Count(outcome => outcome.Result == StoreResult.AlreadyStored))));
        await SettleAsync(store);
        Assert.Equal(250, (await store.CountAsync(new VerdictQuery(), Cancellation)).Total);
    }

    [Fact]
    public async Task A_page_after_its_point_in_time_ended_is_found_without()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path, StoredBodies.On);
        await store.StoreAsync([.. Enumerable.Range(0, 9).Select(i => At($"m{i}", i))], Cancellation);
        await SettleAsync(store);
        var first = await store.SearchAsync(new VerdictQuery { Take = 3 }, Cancellation);
        var second = await store.SearchAsync(new VerdictQuery { Take = 3, After = first.Next }, Cancellation);
        string? point = SearchCursor.Parse(second.Next!, VerdictOrder.Newest).Point;
        Assert.NotNull(point);
        string body = server is OpenSearchServer ? $$"""{"pit_id":["{{point}}"]}""" : $$"""{"id":"{{point}}"}""";
        await Indices.AskAsync(HttpMethod.Delete, server is OpenSearchServer ? "/_search/point_in_time" : "/_pit", body);
        var third = await store.SearchAsync(new VerdictQuery { Take = 3, After = second.Next }, Cancellation);
        Assert.Equal(["m2", "m1", "m0"], third.Items.Select(hit => hit.Judged.MessageId));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task An_index_that_went_away_is_made_anew_and_never_without_its_aliases()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        await Indices.AskAsync(HttpMethod.Delete, $"/{options.Prefix}-verdicts-2026.01-v1");
        await store.StoreAsync([At("m", 0)], Cancellation);
        await store.CheckAsync(Cancellation);
        await SettleAsync(store);
        Assert.Single((await store.SearchAsync(new VerdictQuery(), Cancellation)).Items);
        using var indices = new ElasticsearchIndices(options, Indices.Time);
        Assert.Empty(await indices.CheckAsync(Cancellation));
    }

    [Fact]
    public async Task The_check_says_what_differs_and_create_mends_it()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        using var indices = new ElasticsearchIndices(options, Indices.Time);
        Assert.Contains(await indices.CheckAsync(Cancellation), difference => difference.Contains($"{options.Prefix}-verdicts-mappings", StringComparison.Ordinal));
        await indices.CreateAsync(Cancellation);
        Assert.Empty(await indices.CheckAsync(Cancellation));
        using var others = new ElasticsearchIndices(options with { Replicas = 2, RefreshInterval = TimeSpan.FromSeconds(5) }, Indices.Time);
        Assert.Contains(await others.CheckAsync(Cancellation), difference => difference.Contains("Replicas says 2", StringComparison.Ordinal));
        await Indices.AskAsync(HttpMethod.Delete, $"/{options.Prefix}-verdicts-2026.02-v1");
        Assert.Equal([$"There is no index for {options.Prefix}-verdicts-2026.02: 'detection indices create' makes it."], await indices.CheckAsync(Cancellation));
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_by_a_migration_while_others_write_and_decide()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        var before = Enumerable.Range(0, 400).Select(i => At($"m{i:000}", i)).ToArray();
        await store.StoreAsync(before, Cancellation);
        await store.DecideAsync(Some.Decision(before[0], "first"), Cancellation);
        using var indices = new ElasticsearchIndices(options, Indices.Time);
        var moving = Task.Run(async () => { await foreach (string _ in indices.MigrateAsync(force: true, Cancellation)) { } }, Cancellation);
        List<JudgedMessage> written = [];
        for (int i = 0; !moving.IsCompleted || i < 5; i++)
        {
            var late = At($"late{i:000}", i);
            // New ones, and some that were stored before the migration are delivered again.
            await store.StoreAsync([late, .. before.Skip(i * 7 % 390).Take(5)], Cancellation);
            await store.DecideAsync(Some.Decision(before[i * 3 % 400], $"d{i}"), Cancellation);
            Assert.NotNull(await store.FindAsync(before[i % 400].VerdictId, Cancellation));
            var page = (await store.SearchAsync(new VerdictQuery { Take = 500 }, Cancellation)).Items;
            Assert.Equal(page.Count, page.Select(hit => hit.Judged.VerdictId).Distinct().Count());
            written.Add(late);
        }
        await moving;
        await SettleAsync(store);
        Assert.Equal(before.Length + written.Count, (await store.CountAsync(new VerdictQuery(), Cancellation)).Total);
        Assert.All(written, late => Assert.NotNull(late));
        foreach (var judged in before.Take(20).Append(written[^1])) Assert.Equal(judged.MessageId, (await store.FindAsync(judged.VerdictId, Cancellation))!.MessageId);
        foreach (var judged in before.Take(30))
        {
            var history = await store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation);
            Assert.Equal(Json(DecisionHistory.Summary(history)), Json((await store.FindAsync(judged.VerdictId, Cancellation))!.Decision));
        }
        Assert.Empty(await indices.CheckAsync(Cancellation));
        Assert.Equal([$"{options.Prefix}-verdicts-2026.01-v2", $"{options.Prefix}-verdicts-2026.02-v2"], (await Indices.AskAsync(HttpMethod.Get, $"/{options.Prefix}-verdicts-*")).AsObject().Select(index => index.Key).Order());
    }

    [Fact]
    public async Task A_migration_that_broke_off_is_finished_by_the_next()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        var judged = At("m", 0);
        await store.StoreAsync([judged], Cancellation);
        // As it stands when the program ends after the alias moved and before the copy.
        string month = $"{options.Prefix}-verdicts-2026.01";
        await Indices.AskAsync(HttpMethod.Put, $"/{month}-v2", "{}");
        await Indices.AskAsync(HttpMethod.Post, "/_aliases", $$$"""{"actions":[{"remove":{"index":"{{{month}}}-v1","alias":"{{{month}}}"}},{"add":{"index":"{{{month}}}-v2","alias":"{{{month}}}","is_write_index":true}},{"add":{"index":"{{{month}}}-v2","alias":"{{{options.Prefix}}}-verdicts"}}]}""");
        using var indices = new ElasticsearchIndices(options, Indices.Time);
        Assert.Contains(await indices.CheckAsync(Cancellation), difference => difference.Contains($"{month}-v1 is left", StringComparison.Ordinal));
        Assert.NotNull(await store.FindAsync(judged.VerdictId, Cancellation));
        List<string> moved = [];
        await foreach (string sentence in indices.MigrateAsync(force: false, Cancellation)) moved.Add(sentence);
        Assert.Equal([$"{month}-v1 moved to {month}-v2: 1 documents copied."], moved);
        Assert.NotNull(await store.FindAsync(judged.VerdictId, Cancellation));
        Assert.Empty(await indices.CheckAsync(Cancellation));
    }

    [Fact]
    public async Task Templates_of_a_newer_version_are_refused()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await Indices.AskAsync(HttpMethod.Put, $"/_component_template/{options.Prefix}-settings", """{"template":{},"_meta":{"version":1000}}""");
        var refused = await Assert.ThrowsAsync<StoreException>(() => Indices.OpenAsync(options));
        Assert.Equal(StoreFault.NewerVersion, refused.Fault);
        Assert.Contains($"{options.Prefix}-settings", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_closed_to_writes_for_want_of_room_says_so_and_goes_on_when_it_is_open()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        await Indices.AskAsync(HttpMethod.Put, $"/{options.Prefix}-verdicts-2026.01-v1/_settings", """{"index.blocks.read_only_allow_delete":true}""");
        Assert.Equal(StoreFault.Full, (await Assert.ThrowsAsync<StoreException>(() => store.StoreAsync([At("m", 0)], Cancellation))).Fault);
        await Indices.AskAsync(HttpMethod.Put, $"/{options.Prefix}-verdicts-2026.01-v1/_settings", """{"index.blocks.read_only_allow_delete":null}""");
        Assert.Equal(StoreResult.Stored, (await store.StoreAsync([At("m", 0)], Cancellation))[0].Result);
    }

    [Fact]
    public async Task A_watcher_reads_a_whole_bulk_and_what_a_late_clock_stamped()
    {
        using var data = new TemporaryFolder();
        var options = Indices.Options(data.Path);
        await using var store = await Indices.OpenAsync(options);
        var slow = new FakeTimeProvider(Indices.Time.GetUtcNow().AddSeconds(-2));
        await using var other = new ElasticsearchVerdictStore(options, slow);
        await other.OpenAsync(Cancellation);
        await using var watcher = store.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await store.StoreAsync([.. Enumerable.Range(0, 450).Select(i => At($"m{i}", i))], Cancellation);
        HashSet<string> seen = [];
        await ReadAsync(450);
        await other.StoreAsync([At("late", 0)], Cancellation);
        await ReadAsync(451);
        Assert.Contains("late", seen);

        async Task ReadAsync(int count)
        {
            while (seen.Count < count && await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation)) Assert.True(seen.Add(watcher.Current.MessageId));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_indices is not null) await _indices.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
