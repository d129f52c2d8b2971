using CsCheck;
using Detection.Streaming;
using Detection.Streaming.Kafka;
using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Tests.Streaming;

public sealed class AssignedPartitionsTests
{
    private const string Topic = "t";

    private enum Step { Assign, Take, HandOut, Finish, FinishAnOldOne, Store, Revoke, Remove, Rewind }

    private static readonly Gen<(Step Step, int Partition, int Pick)[]> Runs =
        Gen.Select(Gen.Frequency((2, Gen.Const(Step.Assign)), (8, Gen.Const(Step.Take)), (8, Gen.Const(Step.HandOut)), (8, Gen.Const(Step.Finish)), (1, Gen.Const(Step.FinishAnOldOne)),
            (2, Gen.Const(Step.Store)), (1, Gen.Const(Step.Revoke)), (1, Gen.Const(Step.Remove)), (1, Gen.Const(Step.Rewind))), Gen.Int[0, 2], Gen.Int[0, 1000]).Array[0, 150];

    /// <summary>Against a plain model: lists of what was taken, handed out and finished under each assignment.</summary>
    [Fact]
    public void A_position_never_passes_what_is_unfinished_and_an_old_completion_moves_nothing() => Runs.Sample(run =>
    {
        var partitions = new AssignedPartitions(Topic, 10, 1000, 50);
        Dictionary<int, Model> assigned = [];
        List<Delivery> handedOut = [], old = [];
        long assignments = 0;
        long[] next = [5, 0, 7];
        foreach (var (step, partition, pick) in run)
        {
            switch (step)
            {
                case Step.Assign:
                    Drop(partition);
                    partitions.Assign([partition]);
                    assigned[partition] = new Model(++assignments);
                    break;
                case Step.Take:
                    long offset = next[partition] += 1 + (pick % 2);
                    bool taken = partitions.Take(partition, offset, 10, new Record(), assignment => Some(partition, offset, assignment));
                    Assert.Equal(assigned.TryGetValue(partition, out var open) && !open.IsRevoked, taken);
                    if (taken) assigned[partition].Unfinished.Add(offset);
                    break;
                case Step.HandOut when partitions.TryHandOut(out var delivery):
                    Assert.Equal(assigned[delivery.Partition].Assignment, delivery.Assignment);
                    Assert.False(assigned[delivery.Partition].IsRevoked);
                    Assert.Contains(delivery.Offset, assigned[delivery.Partition].Unfinished);
                    Assert.DoesNotContain(delivery, handedOut);
                    handedOut.Add(delivery);
                    break;
                case Step.Finish when handedOut.Count > 0:
                    var done = handedOut[pick % handedOut.Count];
                    partitions.Finish([(done, null)]);
                    handedOut.Remove(done);
                    assigned[done.Partition].Unfinished.Remove(done.Offset);
                    break;
                case Step.FinishAnOldOne when old.Count > 0:
                    partitions.Finish([(old[pick % old.Count], null)]);
                    break;
                case Step.Store:
                    foreach (var progress in partitions.Progress()) partitions.Stored(progress.Partition, progress.Assignment, progress.Position);
                    Assert.Empty(partitions.Progress());
                    break;
                case Step.Revoke when assigned.TryGetValue(partition, out var going):
                    partitions.Revoke([partition]);
                    going.IsRevoked = true;
                    Assert.Equal(!handedOut.Any(one => one.Partition == partition), partitions.IsDrained([partition]));
                    break;
                case Step.Remove:
                    Drop(partition);
                    partitions.Remove([partition]);
                    break;
                case Step.Rewind:
                    partitions.Rewind();
                    handedOut.RemoveAll(one => !assigned[one.Partition].IsRevoked);
                    break;
            }
            Assert.Equal((handedOut.Count, handedOut.Count * 10L), partitions.InFlight);
            foreach (var progress in partitions.Progress())
            {
                var model = assigned[progress.Partition];
                Assert.Equal(model.Assignment, progress.Assignment);
                Assert.True(progress.Position > model.Last);
                if (model.Unfinished.Count > 0) Assert.Equal(model.Unfinished.Min(), progress.Position);
                else Assert.True(progress.Position <= next[progress.Partition] + 1);
            }
            foreach (var model in assigned) model.Value.Last = Math.Max(model.Value.Last, step == Step.Store ? partitions.Position(model.Key) ?? 0 : 0);
        }

        void Drop(int partition)
        {
            old.AddRange(handedOut.Where(one => one.Partition == partition));
            handedOut.RemoveAll(one => one.Partition == partition);
            assigned.Remove(partition);
        }
    });

    [Fact]
    public void Results_go_out_with_the_position_that_passes_them_and_once()
    {
        var partitions = new AssignedPartitions(Topic, 10, 1000, 50);
        partitions.Assign([0]);
        var deliveries = Enumerable.Range(3, 3).Select(offset => Given(partitions, 0, offset)).ToList();
        var results = deliveries.Select(_ => new Outgoing(new("out", 0), new Record { Value = new byte[7] })).ToList();
        partitions.Finish([(deliveries[1], results[1]), (deliveries[2], results[2])]);
        Assert.Empty(partitions.Progress());
        partitions.Finish([(deliveries[0], results[0])]);
        var progress = Assert.Single(partitions.Progress());
        Assert.Equal(6, progress.Position);
        Assert.Equal(results, progress.Results);
        partitions.Stored(0, progress.Assignment, progress.Position);
        Assert.Empty(partitions.Progress());
    }

    [Fact]
    public void What_waits_to_go_out_counts_against_the_bytes()
    {
        var partitions = new AssignedPartitions(Topic, 10, maxInFlightBytes: 100, 50);
        partitions.Assign([0]);
        Delivery first = Given(partitions, 0, 0), second = Given(partitions, 0, 1);
        partitions.Finish([(second, new Outgoing(new("out", 0), new Record { Value = new byte[200] }))]);
        Assert.False(partitions.HasRoom);
        partitions.Finish([(first, null)]);
        var progress = Assert.Single(partitions.Progress());
        partitions.Stored(0, progress.Assignment, progress.Position);
        Assert.True(partitions.HasRoom);
    }

    [Fact]
    public void A_revoked_partition_hands_out_nothing_more_and_what_was_handed_out_may_still_be_finished()
    {
        var partitions = new AssignedPartitions(Topic, 10, 1000, 50);
        partitions.Assign([0, 1]);
        var first = Given(partitions, 0, 0);
        partitions.Take(0, 1, 10, new Record(), assignment => Some(0, 1, assignment));
        partitions.Take(1, 8, 10, new Record(), assignment => Some(1, 8, assignment));
        partitions.Revoke([0]);
        Assert.False(partitions.IsDrained([0]));
        Assert.True(partitions.TryHandOut(out var next));
        Assert.Equal(1, next.Partition);
        Assert.False(partitions.TryHandOut(out _));
        partitions.Finish([(first, null)]);
        Assert.True(partitions.IsDrained([0]));
        Assert.Equal(1, Assert.Single(partitions.Progress()).Position);
    }

    [Fact]
    public void A_record_that_comes_twice_is_taken_once()
    {
        var partitions = new AssignedPartitions(Topic, 10, 1000, 50);
        partitions.Assign([0]);
        Assert.True(partitions.Take(0, 4, 10, new Record(), assignment => Some(0, 4, assignment)));
        Assert.False(partitions.Take(0, 4, 10, new Record(), assignment => Some(0, 4, assignment)));
    }

    private static Delivery Given(AssignedPartitions partitions, int partition, long offset)
    {
        Assert.True(partitions.Take(partition, offset, 10, new Record(), assignment => Some(partition, offset, assignment)));
        Assert.True(partitions.TryHandOut(out var delivery));
        return delivery;
    }

    private static Delivery Some(int partition, long offset, long assignment) => new(Topic, partition, offset, Tests.Some.Time, null, default, []) { Assignment = assignment };

    private sealed class Model(long assignment)
    {
        public long Assignment { get; } = assignment;
        public bool IsRevoked { get; set; }
        public SortedSet<long> Unfinished { get; } = [];
        public long Last { get; set; } = -1;
    }
}
