using System.Text;
using System.Text.Json;
using Detection.Contracts;
using Detection.Detector;
using Detection.Ingest;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Streaming;
using Detection.Streaming.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Detection.Tests.Detector;

/// <summary>The worker between a real queue and a store, with a judge of the test's own in place of the model.</summary>
public sealed class StreamWorkerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_judged_stored_completed_and_filed_under_the_time_the_stream_took_it()
    {
        await using var worker = await Worker.StartAsync();
        await worker.SendAsync("m1", "m2");
        var stored = await worker.StoredAsync(2);
        Assert.Equal(["m1", "m2"], stored.Select(one => one.MessageId).Order(StringComparer.Ordinal));
        Assert.All(stored, one => Assert.NotEqual(one.ProcessedAt, one.AcceptedAt));
        await worker.DrainedAsync();
        Assert.Empty(await worker.Stream.ListAsync(0, 10, Cancellation));
    }

    [Fact]
    public async Task Messages_of_one_key_are_stored_in_the_order_sent()
    {
        await using var worker = await Worker.StartAsync();
        string[] ids = [.. Enumerable.Range(0, 300).Select(i => $"m{i:000}")];
        await worker.SendAsync(ids);
        await worker.StoredAsync(ids.Length);
        Assert.Equal(ids, worker.Store.InOrder);
    }

    [Fact]
    public async Task Each_key_keeps_its_order_where_several_partitions_are_stored_at_one_time()
    {
        await using var worker = await Worker.StartAsync(partitions: 8);
        string[] keys = [.. Enumerable.Range(0, 20).Select(key => $"key-{key:00}")];
        for (int i = 0; i < 50; i++) await worker.Stream.SendAsync([.. keys.Select(key => Worker.Record($"{key} {i:000}", key))], Cancellation);
        await worker.StoredAsync(1_000);
        await worker.DrainedAsync();
        foreach (string key in keys) Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{key} {i:000}"), worker.Store.InOrder.Where(id => id.StartsWith(key, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_judge_that_fails_for_a_while_costs_no_message()
    {
        int calls = 0;
        await using var worker = await Worker.StartAsync(judge: message => message.Id == "m1" && Interlocked.Increment(ref calls) < 3 ? throw new InvalidOperationException("busy") : Some.JudgedMessage(message));
        await worker.SendAsync("m1", "m2");
        await worker.StoredAsync(2);
        Assert.Empty(await worker.Stream.ListAsync(0, 10, Cancellation));
    }

    [Fact]
    public async Task A_judge_that_always_fails_makes_a_dead_letter_after_the_configured_tries_and_the_rest_goes_on()
    {
        int calls = 0;
        await using var worker = await Worker.StartAsync(judge: message =>
        {
            if (message.Id != "m1") return Some.JudgedMessage(message);
            Interlocked.Increment(ref calls);
            throw new InvalidOperationException("secret words of the message");
        });
        await worker.SendAsync("m1", "m2");
        await worker.StoredAsync(1);
        await worker.DrainedAsync();
        var letter = Assert.Single(await worker.Stream.ListAsync(0, 10, Cancellation));
        Assert.Equal((nameof(InvalidOperationException), 3), (letter.Reason.Exception, letter.Reason.Attempts));
        Assert.DoesNotContain("secret", letter.Reason.Message, StringComparison.Ordinal);
        // Once more in the batch that failed as a whole.
        Assert.InRange(calls, 3, 6);
    }

    [Theory]
    [InlineData("not json", "application/json")]
    [InlineData("""{"subject":"no text"}""", "application/json")]
    public async Task What_cannot_be_read_is_a_dead_letter_at_once_with_its_bytes(string value, string contentType)
    {
        await using var worker = await Worker.StartAsync();
        await worker.Stream.SendAsync([new OutgoingRecord("k", Encoding.UTF8.GetBytes(value), [new("content-type", contentType)])], Cancellation);
        await worker.SendAsync("m2");
        await worker.StoredAsync(1);
        await worker.DrainedAsync();
        var letter = Assert.Single(await worker.Stream.ListAsync(0, 10, Cancellation));
        Assert.Equal(("IngestException", 1), (letter.Reason.Exception, letter.Reason.Attempts));
        Assert.Equal(value, Encoding.UTF8.GetString((await worker.Stream.FindAsync(letter.Id, Cancellation))!.Delivery.Value.Span));
    }

    [Fact]
    public async Task An_event_whose_headers_are_broken_is_a_dead_letter_that_names_the_header()
    {
        await using var worker = await Worker.StartAsync();
        await worker.Stream.SendAsync([new OutgoingRecord("k", """{"text":"Good morning."}"""u8.ToArray(), [new("ce_specversion", "1.0"), new("ce_id", "1"), new("ce_source", "s")])], Cancellation);
        await worker.DrainedAsync();
        var letter = Assert.Single(await worker.Stream.ListAsync(0, 10, Cancellation));
        Assert.Equal((nameof(FormatException), "Header ce_type is missing."), (letter.Reason.Exception, letter.Reason.Message));
    }

    [Fact]
    public async Task A_store_that_is_down_is_asked_again_until_it_is_back()
    {
        await using var worker = await Worker.StartAsync();
        worker.Store.Failures = 3;
        await worker.SendAsync("m1");
        await worker.StoredAsync(1);
        Assert.Equal(0, worker.Store.Failures);
        await worker.DrainedAsync();
    }

    [Fact]
    public async Task What_the_store_refuses_is_a_dead_letter_with_its_reason()
    {
        await using var worker = await Worker.StartAsync();
        worker.Store.Refused = "m1";
        await worker.SendAsync("m1", "m2");
        await worker.StoredAsync(1);
        await worker.DrainedAsync();
        Assert.Equal(("Rejected", "too old"), ((await worker.Stream.ListAsync(0, 10, Cancellation))[0].Reason.Exception, (await worker.Stream.ListAsync(0, 10, Cancellation))[0].Reason.Message));
    }

    [Fact]
    public void A_verdict_goes_out_without_the_message_keyed_by_its_id()
    {
        var judged = Some.JudgedMessage();
        var record = VerdictRecord.Of(judged, process: null);
        Assert.Equal(judged.MessageId, record.Key);
        Assert.Equal(["application/json", judged.VerdictId, "detection.verdict.v1"], new[] { "content-type", "ce_id", "ce_type" }.Select(name => record.Headers.Single(header => header.Key == name).Value));
        using var json = JsonDocument.Parse(record.Value);
        Assert.Equal(judged.VerdictId, json.RootElement.GetProperty("verdictId").GetString());
        Assert.False(json.RootElement.TryGetProperty("message", out _));
        Assert.DoesNotContain(judged.Message.Text!, Encoding.UTF8.GetString(record.Value.Span), StringComparison.Ordinal);
    }

    private sealed class Worker(TemporaryFolder data, EmbeddedStream stream, UnsteadyStore store, JudgingEngine engine, StreamWorker worker) : IAsyncDisposable
    {
        public EmbeddedStream Stream => stream;
        public UnsteadyStore Store => store;

        public static async Task<Worker> StartAsync(Func<Message, JudgedMessage>? judge = null, int partitions = 1)
        {
            var data = new TemporaryFolder();
            var stream = new EmbeddedStream(new EmbeddedStreamOptions { Folder = data.Path, Partitions = partitions });
            await stream.OpenAsync(Cancellation);
            var store = new UnsteadyStore();
            judge ??= message => Some.JudgedMessage(message);
            var engine = new JudgingEngine((messages, _) => [.. messages.Select(judge)], TimeSpan.FromMilliseconds(1), TimeProvider.System);
            var worker = new StreamWorker(stream, store, engine, Options.Create(new IngestOptions()), Options.Create(new DetectionOptions { Attempts = 3, Store = "elasticsearch" }), TimeProvider.System, NullLogger<StreamWorker>.Instance);
            await engine.StartAsync(Cancellation);
            await worker.StartAsync(Cancellation);
            return new Worker(data, stream, store, engine, worker);
        }

        public Task SendAsync(params string[] ids) => stream.SendAsync([.. ids.Select(id => Record(id, "k"))], Cancellation);

        public static OutgoingRecord Record(string id, string key) => new(key, JsonSerializer.SerializeToUtf8Bytes(new { id, text = "Good morning to you all." }), []);

        public async Task<IReadOnlyList<JudgedMessage>> StoredAsync(int count)
        {
            await UntilAsync(() => Task.FromResult(store.InOrder.Count >= count));
            return [.. (await store.SearchAsync(new VerdictQuery { Take = 500 }, Cancellation)).Items.Select(hit => hit.Judged)];
        }

        public Task DrainedAsync() => UntilAsync(async () => (await stream.DepthAsync(Cancellation)).Unfinished == 0);

        public async ValueTask DisposeAsync()
        {
            await worker.StopAsync(CancellationToken.None);
            await engine.StopAsync(CancellationToken.None);
            worker.Dispose();
            engine.Dispose();
            await stream.DisposeAsync();
            data.Dispose();
        }

        private static async Task UntilAsync(Func<Task<bool>> holds)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(60));
            while (!await holds()) await Task.Delay(10, patience.Token);
        }
    }
}
