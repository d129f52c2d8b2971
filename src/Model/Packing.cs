namespace Detection.Model;

/// <summary>Spreads sequences over packs. Which sequences share a pack moves no bit of their scores (<see cref="PackLadder"/>).</summary>
internal static class Packing
{
    private const int SmallestPack = 128; // splitting a call further to occupy every lane costs more than it gains

    /// <summary>Longest first, each into the fullest pack that still holds it; sequences without tokens are left out.</summary>
    public static List<Pack> Plan(IReadOnlyList<ReadOnlyMemory<int>> sequences, PackLadder ladder, int lanes)
    {
        long total = sequences.Sum(sequence => (long)sequence.Length);
        int capacity = ladder.Mixes ? (int)Math.Clamp(total / lanes, SmallestPack, PackLadder.Capacity) : 0;
        List<Bin> open = [];
        List<Pack> packs = [];
        foreach (int i in Enumerable.Range(0, sequences.Count).Where(i => sequences[i].Length > 0).OrderByDescending(i => sequences[i].Length))
        {
            int length = sequences[i].Length;
            Bin? bin = open.Where(candidate => candidate.Tokens + length <= capacity).MaxBy(candidate => candidate.Tokens);
            if (bin is null) open.Add(bin = new Bin());
            bin.Members.Add(i);
            bin.Tokens += length;
            if (bin.Tokens < capacity) continue;
            packs.Add(Close(bin));
            open.Remove(bin);
        }
        packs.AddRange(open.Select(Close));
        return packs;

        Pack Close(Bin bin) => new(sequences, bin.Members, ladder.RowsFor(bin.Tokens));
    }

    private sealed class Bin
    {
        public List<int> Members { get; } = [];

        public int Tokens { get; set; }
    }
}
