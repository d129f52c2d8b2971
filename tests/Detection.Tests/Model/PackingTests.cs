using CsCheck;
using Detection.Checkpoints;
using Detection.Model;

namespace Detection.Tests.Model;

public sealed class PackingTests
{
    [Fact]
    public void Every_token_is_in_one_pack_whose_rows_are_a_rung()
    {
        using TinyModel tiny = TinyModel.Llama();
        using Checkpoint checkpoint = tiny.Open();
        using TokenScorer scorer = TokenScorer.Load(checkpoint, new TokenScorerOptions { Threads = 1 });
        PackLadder ladder = scorer.Ladder;
        Gen.Select(Gen.Int[0, 700].Array[0, 40], Gen.Int[1, 4]).Sample((lengths, lanes) =>
        {
            ReadOnlyMemory<int>[] sequences = [.. lengths.Select(length => (ReadOnlyMemory<int>)new int[length])];
            List<Pack> packs = Packing.Plan(sequences, ladder, lanes);
            Assert.Equal(Enumerable.Range(0, lengths.Length).Where(i => lengths[i] > 0), packs.SelectMany(pack => pack.Segments).Select(segment => segment.Sequence).Order());
            Assert.All(packs, pack =>
            {
                int tokens = pack.Segments.Sum(segment => segment.Length);
                Assert.Equal(ladder.RowsFor(tokens), pack.Rows);
                Assert.True(pack.Rows >= tokens && (pack.Segments.Count == 1 || tokens <= PackLadder.Capacity));
                Assert.Equal(pack.Segments.Select((segment, i) => pack.Segments.Take(i).Sum(other => other.Length)), pack.Segments.Select(segment => segment.Start));
            });
        }, iter: 200);
    }

    [Fact]
    public void A_failure_in_one_lane_reaches_the_caller_and_the_lanes_go_on()
    {
        using Lanes lanes = new(2);
        Assert.Throws<InvalidDataException>(() => lanes.Run([() => { }, () => throw new InvalidDataException("x"), () => { }]));
        int done = 0;
        lanes.Run([.. Enumerable.Repeat<Action>(() => Interlocked.Increment(ref done), 20)]);
        Assert.Equal(20, done);
    }
}
