using TorchSharp;
using static TorchSharp.torch;

namespace Detection.Model;

/// <summary>One sequence in a pack: which of the call, and its rows.</summary>
internal sealed record Segment(int Sequence, int Start, int Length);

/// <summary>Several sequences laid end to end in one matrix of <see cref="Rows"/> rows; rows beyond the last sequence are padding.</summary>
internal sealed class Pack
{
    private readonly IReadOnlyList<ReadOnlyMemory<int>> _sequences;

    public Pack(IReadOnlyList<ReadOnlyMemory<int>> sequences, IReadOnlyList<int> members, int rows)
    {
        (_sequences, Rows) = (sequences, rows);
        List<Segment> segments = [];
        int start = 0;
        foreach (int member in members)
        {
            segments.Add(new Segment(member, start, sequences[member].Length));
            start += sequences[member].Length;
        }
        Segments = segments;
    }

    public int Rows { get; }

    public IReadOnlyList<Segment> Segments { get; }

    public ReadOnlySpan<int> Tokens(Segment segment) => _sequences[segment.Sequence].Span;

    /// <summary>Token ids (R); padding is token 0.</summary>
    public Tensor Ids(Device device) => ToTensor(device, (segment, i) => Tokens(segment)[i]);

    /// <summary>Positions within the sequences (R); padding stands at 0.</summary>
    public Tensor Positions(Device device) => ToTensor(device, (_, i) => i);

    private Tensor ToTensor(Device device, Func<Segment, int, int> value)
    {
        long[] values = new long[Rows];
        foreach (Segment segment in Segments)
            for (int i = 0; i < segment.Length; i++) values[segment.Start + i] = value(segment, i);
        return tensor(values, device: device);
    }
}
