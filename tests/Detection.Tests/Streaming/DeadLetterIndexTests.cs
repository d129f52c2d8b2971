using CsCheck;
using Detection.Streaming;
using Detection.Streaming.Kafka;

namespace Detection.Tests.Streaming;

public sealed class DeadLetterIndexTests
{
    [Fact]
    public void Letters_wait_until_they_are_marked_and_a_second_letter_about_a_record_is_none() => Gen.Select(Gen.Int[0, 9], Gen.Bool).Array[0, 60].Sample(records =>
    {
        var index = new DeadLetterIndex();
        Dictionary<int, long> waiting = [];
        HashSet<int> seen = [];
        long offset = 0;
        foreach (var (origin, isMark) in records)
        {
            if (isMark && waiting.Remove(origin, out long letter)) index.Read(0, offset, DeadLetterRecord.Mark(letter));
            else
            {
                index.Read(0, offset, Letter(origin));
                if (seen.Add(origin)) waiting[origin] = offset;
            }
            // Read again, as after a restart of the reading: nothing changes.
            index.Read(0, offset, Letter(99));
            offset += 2;
        }
        Assert.Equal(waiting.Values.Order(), index.Open.Select(id => DeadLetterIndex.Place(id).Offset));
    });

    [Fact]
    public void Pages_begin_after_a_number()
    {
        var index = new DeadLetterIndex();
        for (int i = 0; i < 10; i++) index.Read(i % 2, i, Letter(i));
        List<long> all = [];
        for (long after = 0; index.After(after, 3) is { Count: > 0 } page; after = page[^1]) all.AddRange(page);
        Assert.Equal(index.Open, all);
        Assert.Equal(10, all.Count);
        Assert.Empty(index.After(long.MaxValue, 3));
    }

    [Fact]
    public void What_retention_deleted_is_gone_and_a_topic_made_anew_is_read_from_its_start()
    {
        var index = new DeadLetterIndex();
        for (int i = 0; i < 10; i++) index.Read(0, i, Letter(i));
        index.Bound(0, low: 4, end: 10);
        Assert.Equal(6, index.Open.Count);
        index.Bound(0, low: 0, end: 3);
        Assert.Empty(index.Open);
        Assert.Equal(0, index.Next(0));
        index.Read(0, 0, Letter(5));
        Assert.Single(index.Open);
    }

    private static Confluent.Kafka.Message<byte[], byte[]> Letter(int origin) =>
        DeadLetterRecord.Forms(new Delivery("t", 1, origin, Some.Time, null, default, []), new() { Value = [] }, new DeadLetterReason("x", "x"), "g")[0]!;
}
