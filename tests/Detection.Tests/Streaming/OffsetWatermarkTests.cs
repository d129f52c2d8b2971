using CsCheck;
using Detection.Streaming;

namespace Detection.Tests.Streaming;

public sealed class OffsetWatermarkTests
{
    // Offsets rise with gaps, as Kafka's do; then they are finished in some order, a few of them never.
    private static readonly Gen<(long[] Offsets, long[] Finished)> Runs =
        from first in Gen.Long[0, 100]
        from gaps in Gen.Long[1, 3].Array[1, 60]
        let offsets = gaps.Select((_, i) => first + gaps.Take(i).Sum()).ToArray()
        from order in Gen.Shuffle(offsets)
        from kept in Gen.Int[0, offsets.Length]
        select (offsets, order.Take(kept).ToArray());

    [Fact]
    public void It_never_passes_an_unfinished_offset_and_never_moves_back() => Runs.Sample(run =>
    {
        var watermark = new OffsetWatermark(run.Offsets[0]);
        foreach (long offset in run.Offsets) Assert.True(watermark.Start(offset));
        HashSet<long> open = [.. run.Offsets];
        long last = watermark.Position;
        foreach (long offset in run.Finished)
        {
            bool moved = watermark.Finish(offset);
            open.Remove(offset);
            Assert.Equal(moved, watermark.Position > last);
            Assert.True(watermark.Position >= last);
            Assert.Equal(open.Count > 0 ? open.Min() : run.Offsets[^1] + 1, watermark.Position);
            Assert.Equal(open.Count, watermark.Unfinished);
            last = watermark.Position;
        }
    });

    [Fact]
    public void Starting_and_finishing_may_interleave() =>
        Gen.Bool.Array[0, 200].Sample(steps =>
        {
            var watermark = new OffsetWatermark(7);
            Queue<long> open = new();
            long next = 7, last = 7;
            foreach (bool start in steps)
            {
                if (start || open.Count == 0)
                {
                    watermark.Start(next);
                    open.Enqueue(next++);
                }
                else
                {
                    if (open.Count > 1) open.Enqueue(open.Dequeue());
                    watermark.Finish(open.Dequeue());
                }
                Assert.True(watermark.Position >= last);
                Assert.Equal(open.Count > 0 ? open.Min() : next, watermark.Position);
                last = watermark.Position;
            }
        });

    [Fact]
    public void Finishing_twice_is_finishing_once()
    {
        var watermark = new OffsetWatermark(0);
        watermark.Start(0);
        watermark.Start(1);
        Assert.True(watermark.Finish(0));
        Assert.False(watermark.Finish(0));
        Assert.Equal(1, watermark.Position);
    }

    [Fact]
    public void Handing_out_again_skips_what_is_finished()
    {
        var watermark = new OffsetWatermark(0);
        for (long offset = 0; offset < 3; offset++) watermark.Start(offset);
        watermark.Finish(1);
        Assert.True(watermark.Start(0));
        Assert.False(watermark.Start(1));
        Assert.True(watermark.Start(2));
    }

    [Fact]
    public void What_was_never_handed_out_cannot_be_finished() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new OffsetWatermark(5).Finish(5));
}
