using System.Globalization;
using System.Text;
using Detection.Streaming;
using Detection.Streaming.Embedded;

namespace Detection.Tests.Streaming;

/// <summary>A crash leaves the files as they are at that instant; here they are copied at that instant and the copy is opened.</summary>
public sealed class CrashTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_accepted_is_lost_and_nothing_below_the_position_comes_again()
    {
        using var data = new TemporaryFolder();
        using var crashed = new TemporaryFolder();
        await using var stream = await OpenAsync(data.Path);
        await stream.SendAsync(Records(0, 40), Cancellation);
        var received = await ReceiveAsync(stream, 40);
        await stream.CompleteAsync([.. received.Take(10), .. received.Skip(20).Take(10)], Cancellation);
        await stream.SendAsync(Records(40, 10), Cancellation);
        Copy(data.Path, crashed.Path);

        await using var after = await OpenAsync(crashed.Path);
        var again = await ReceiveAsync(after, 40);
        Assert.Equal(Enumerable.Range(10, 40), again.Select(Number));
        Assert.Equal(40, (await after.DepthAsync(Cancellation)).Unfinished);
    }

    [Fact]
    public async Task A_transaction_under_way_leaves_nothing()
    {
        using var data = new TemporaryFolder();
        using var crashed = new TemporaryFolder();
        var options = new EmbeddedStreamOptions { Folder = data.Path, Partitions = 1 };
        await using (var stream = await OpenAsync(data.Path)) await stream.SendAsync(Records(0, 3), Cancellation);
        using (var writer = QueueFile.OpenWriter(options))
        {
            // Two megabytes, so that pages spill into the log before the commit.
            writer.Execute("PRAGMA cache_size = 10");
            writer.Execute("BEGIN IMMEDIATE");
            for (int i = 0; i < 200; i++) RecordTable.Append(writer, 0, Some.Time, new OutgoingRecord("k", new byte[10_000], []));
            Copy(data.Path, crashed.Path);
            writer.Execute("ROLLBACK");
        }
        await using var after = await OpenAsync(crashed.Path);
        Assert.Equal(3, (await after.DepthAsync(Cancellation)).Unfinished);
        Assert.Equal([0, 1, 2], (await ReceiveAsync(after, 3)).Select(Number));
    }

    [Fact]
    public async Task A_torn_log_keeps_what_was_accepted_before_the_tear()
    {
        using var data = new TemporaryFolder();
        await using var stream = await OpenAsync(data.Path);
        List<long> logAtAcceptance = [];
        for (int i = 0; i < 12; i++)
        {
            await stream.SendAsync(Records(i, 1), Cancellation);
            logAtAcceptance.Add(new FileInfo(Path.Combine(data.Path, "stream.db-wal")).Length);
        }
        long length = logAtAcceptance[^1];
        for (long torn = length; torn >= logAtAcceptance[0]; torn -= 3001)
        {
            using var crashed = new TemporaryFolder();
            Copy(data.Path, crashed.Path);
            using (var log = File.OpenWrite(crashed.File("stream.db-wal"))) log.SetLength(torn);
            int accepted = logAtAcceptance.Count(end => end <= torn);
            await using var after = await OpenAsync(crashed.Path);
            long kept = (await after.DepthAsync(Cancellation)).Unfinished;
            Assert.True(kept >= accepted, $"torn at {torn} of {length}: {kept} of {accepted} accepted are left");
            Assert.Equal(Enumerable.Range(0, (int)kept), (await ReceiveAsync(after, (int)kept)).Select(Number));
        }
    }

    [Fact]
    public async Task A_dead_letter_that_comes_again_after_a_crash_is_one_letter()
    {
        using var data = new TemporaryFolder();
        using var crashed = new TemporaryFolder();
        await using (var stream = await OpenAsync(data.Path))
        {
            await stream.SendAsync(Records(0, 2), Cancellation);
            var received = await ReceiveAsync(stream, 2);
            // The first stays unfinished, so that the second's letter is stored while the position stands below it.
            await stream.DeadLetterAsync(received[1], new DeadLetterReason("X", "broken"), Cancellation);
            Copy(data.Path, crashed.Path);
        }
        await using var after = await OpenAsync(crashed.Path);
        var again = await ReceiveAsync(after, 2);
        await after.DeadLetterAsync(again[1], new DeadLetterReason("X", "broken"), Cancellation);
        await after.CompleteAsync([again[0]], Cancellation);
        Assert.Equal(1, await after.CountAsync(Cancellation));
        Assert.Equal(0, (await after.DepthAsync(Cancellation)).Unfinished);
    }

    private static async Task<EmbeddedStream> OpenAsync(string folder)
    {
        var stream = new EmbeddedStream(new EmbeddedStreamOptions { Folder = folder, Partitions = 1 });
        await stream.OpenAsync(Cancellation);
        return stream;
    }

    private static OutgoingRecord[] Records(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => new OutgoingRecord("k", Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)), []))];

    private static int Number(Delivery delivery) => int.Parse(delivery.Value.Span, CultureInfo.InvariantCulture);

    private static async Task<IReadOnlyList<Delivery>> ReceiveAsync(EmbeddedStream stream, int count)
    {
        List<Delivery> received = [];
        if (count == 0) return received;
        await foreach (var delivery in stream.ReceiveAsync(Cancellation))
        {
            received.Add(delivery);
            if (received.Count == count) break;
        }
        return received;
    }

    /// <summary>The shared-memory index stays behind: after a crash of the machine it is gone, too.</summary>
    private static void Copy(string from, string to)
    {
        foreach (string name in new[] { "stream.db", "stream.db-wal" }) File.Copy(Path.Combine(from, name), Path.Combine(to, name));
    }
}
