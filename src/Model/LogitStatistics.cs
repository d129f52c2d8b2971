using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Detection.Model;

/// <summary>What one row of logits says about the token that followed. Natural logarithms.</summary>
/// <param name="LogProb">ln p(token)</param>
/// <param name="Rank">number of strictly larger logits; 0 is the most likely token</param>
/// <param name="Entropy">−Σ p ln p</param>
/// <param name="Variance">Σ p (ln p)² − (Σ p ln p)²</param>
internal readonly record struct TokenStatistics(float LogProb, int Rank, float Entropy, float Variance);

/// <summary>
/// All statistics of a row in two passes over it, without a probability being stored: the largest logit, then Σe, Σe·a and Σe·a² with
/// a = logit − largest and e = exp(a). One body for every width of vector: .NET composes 512 bits from what the CPU has, and sums are
/// taken in one fixed order, so that AVX-512, AVX2 and the portable path give the same bits.
/// </summary>
internal static class LogitStatistics
{
    private const int Step = 32;     // two vectors at a time
    private const int Block = 4_096; // values summed in float32 before the sums go to double
    private const float Smallest = -87; // exp of less is no normal float, and adds nothing to a sum that holds exp(0)

    /// <summary>A row of float32 logits.</summary>
    public static TokenStatistics Of(ReadOnlySpan<float> logits, int token) => Compute(new FloatRow(logits), logits[token], token);

    /// <summary>A row of bfloat16 logits with the token's own logit in float32, which replaces its rounded one.</summary>
    public static TokenStatistics Of(ReadOnlySpan<ushort> logits, int token, float logit) => Compute(new BFloat16Row(logits), logit, token);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TokenStatistics Compute<TRow>(TRow row, float logit, int token) where TRow : struct, IRow, allows ref struct
    {
        float largest = Largest(row);
        Span<double> sums = stackalloc double[3];
        int rank = 0;
        Span<float> rest = stackalloc float[Step];
        for (int start = 0; start < row.Length; start += Block)
        {
            Sums block = default;
            int end = Math.Min(row.Length, start + Block), whole = end - (end - start) % Step;
            for (int i = start; i < whole; i += Step)
            {
                (Vector512<float> a, Vector512<float> b) = row.Load(i);
                block.Add(a, b, largest, logit);
            }
            if (whole < end)
            {
                rest.Fill(float.NegativeInfinity);
                for (int i = whole; i < end; i++) rest[i - whole] = row[i];
                block.Add(Vector512.Create(rest), Vector512.Create(rest[16..]), largest, logit);
            }
            rank += block.AddTo(sums);
        }
        return Finish(sums, row[token], logit, largest, rank);
    }

    /// <summary>
    /// Two models on one row: Σ q ln p, Σ q (ln p)² − (Σ q ln p)² and ln p(token), where q is the distribution of
    /// <paramref name="observer"/> and p that of <paramref name="performer"/>, over a vocabulary of the same size.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Mean, float Variance, float LogProb) OfPair(ReadOnlySpan<float> observer, ReadOnlySpan<float> performer, int token)
    {
        FloatRow q = new(observer), p = new(performer);
        float largestQ = Largest(q), largestP = Largest(p);
        double sumQ = 0, sumP = 0, first = 0, second = 0;
        Span<float> restQ = stackalloc float[Step], restP = stackalloc float[Step];
        for (int start = 0; start < q.Length; start += Block)
        {
            PairSums block = default;
            int end = Math.Min(q.Length, start + Block), whole = end - (end - start) % Step;
            for (int i = start; i < whole; i += Step)
            {
                ((Vector512<float> a, Vector512<float> b), (Vector512<float> c, Vector512<float> d)) = (q.Load(i), p.Load(i));
                block.Add(a, c, largestQ, largestP);
                block.Add(b, d, largestQ, largestP);
            }
            if (whole < end)
            {
                restQ.Fill(largestQ + 2 * Smallest); // no weight in either sum
                restP.Fill(largestP + 2 * Smallest);
                observer[whole..end].CopyTo(restQ);
                performer[whole..end].CopyTo(restP);
                block.Add(Vector512.Create(restQ), Vector512.Create(restP), largestQ, largestP);
                block.Add(Vector512.Create(restQ[16..]), Vector512.Create(restP[16..]), largestQ, largestP);
            }
            block.AddTo(ref sumQ, ref sumP, ref first, ref second);
        }
        double mean = first / sumQ, variance = second / sumQ - mean * mean, logTotal = Math.Log(sumP);
        if (!double.IsFinite(mean + variance + logTotal)) throw new InvalidDataException("The models' logits are not finite.");
        return ((float)(mean - logTotal), (float)Math.Max(variance, 0), (float)Math.Min((double)performer[token] - largestP - logTotal, 0));
    }

    private static TokenStatistics Finish(Span<double> sums, float rounded, float logit, float largest, int rank)
    {
        if (!float.IsFinite(largest) || !double.IsFinite(sums[2])) throw new InvalidDataException("The model's logits are not finite.");
        double a = (double)logit - largest;
        if (rounded != logit)
        {
            double old = (double)rounded - largest, before = Math.Exp(old), after = Math.Exp(a);
            sums[0] += after - before;
            sums[1] += after * a - before * old;
            sums[2] += after * a * a - before * old * old;
            if (rounded > logit) rank--; // it was counted as larger than itself
        }
        double mean = sums[1] / sums[0], logTotal = Math.Log(sums[0]);
        return new TokenStatistics((float)Math.Min(a - logTotal, 0), rank, (float)Math.Max(logTotal - mean, 0), (float)Math.Max(sums[2] / sums[0] - mean * mean, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest<TRow>(TRow row) where TRow : struct, IRow, allows ref struct
    {
        Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
        int i = 0;
        for (; i <= row.Length - Step; i += Step)
        {
            (Vector512<float> a, Vector512<float> b) = row.Load(i);
            largest = Vector512.Max(largest, Vector512.Max(a, b));
        }
        float result = float.NegativeInfinity;
        for (int j = 0; j < Vector512<float>.Count; j++) result = MathF.Max(result, largest[j]);
        for (; i < row.Length; i++) result = MathF.Max(result, row[i]);
        return result;
    }

    /// <summary>exp(x) for x in [−87, 0]: 2ⁿ times a polynomial of degree 6 in the rest, to 2 units in the last place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), Vector512.Create(12582912f)); // 1.5 · 2²³ rounds to a whole number
        Vector512<float> n = shifted - Vector512.Create(12582912f);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x));
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(1f / 720), r, Vector512.Create(1f / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f));
        Vector512<int> exponent = (shifted.AsInt32() + Vector512.Create(127 - 0x4b400000)) << 23;
        return p * exponent.AsSingle();
    }

    private struct Sums
    {
        private Vector512<float> _e0, _e1, _ea0, _ea1, _eaa0, _eaa1;
        private Vector512<int> _larger;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector512<float> a, Vector512<float> b, float largest, float logit)
        {
            _larger -= Vector512.GreaterThan(a, Vector512.Create(logit)).AsInt32() + Vector512.GreaterThan(b, Vector512.Create(logit)).AsInt32();
            a = Vector512.Max(a - Vector512.Create(largest), Vector512.Create(Smallest));
            b = Vector512.Max(b - Vector512.Create(largest), Vector512.Create(Smallest));
            Vector512<float> ea = Exp(a), eb = Exp(b), eaa = ea * a, ebb = eb * b;
            _e0 += ea;
            _e1 += eb;
            _ea0 += eaa;
            _ea1 += ebb;
            _eaa0 = Vector512.FusedMultiplyAdd(eaa, a, _eaa0);
            _eaa1 = Vector512.FusedMultiplyAdd(ebb, b, _eaa1);
        }

        /// <summary>Adds the three sums lane by lane, in order; returns how many logits were larger.</summary>
        public readonly int AddTo(Span<double> sums)
        {
            int larger = 0;
            for (int i = 0; i < Vector512<float>.Count; i++)
            {
                sums[0] += (double)_e0[i] + _e1[i];
                sums[1] += (double)_ea0[i] + _ea1[i];
                sums[2] += (double)_eaa0[i] + _eaa1[i];
                larger += _larger[i];
            }
            return larger;
        }
    }

    private struct PairSums
    {
        private Vector512<float> _q, _p, _first, _second;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector512<float> q, Vector512<float> p, float largestQ, float largestP)
        {
            Vector512<float> b = p - Vector512.Create(largestP);
            Vector512<float> eq = Exp(Vector512.Max(q - Vector512.Create(largestQ), Vector512.Create(Smallest)));
            _q += eq;
            _p += Exp(Vector512.Max(b, Vector512.Create(Smallest)));
            eq *= b;
            _first += eq;
            _second += eq * b;
        }

        public readonly void AddTo(ref double q, ref double p, ref double first, ref double second)
        {
            for (int i = 0; i < Vector512<float>.Count; i++)
            {
                q += _q[i];
                p += _p[i];
                first += _first[i];
                second += _second[i];
            }
        }
    }

    private interface IRow
    {
        int Length { get; }

        float this[int i] { get; }

        (Vector512<float> First, Vector512<float> Second) Load(int i);
    }

    private readonly ref struct FloatRow(ReadOnlySpan<float> logits) : IRow
    {
        private readonly ReadOnlySpan<float> _logits = logits;

        public int Length => _logits.Length;

        public float this[int i] => _logits[i];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public (Vector512<float> First, Vector512<float> Second) Load(int i)
        {
            ref float start = ref MemoryMarshal.GetReference(_logits);
            return (Vector512.LoadUnsafe(ref start, (nuint)i), Vector512.LoadUnsafe(ref start, (nuint)i + 16));
        }
    }

    private readonly ref struct BFloat16Row(ReadOnlySpan<ushort> logits) : IRow
    {
        private readonly ReadOnlySpan<ushort> _logits = logits;

        public int Length => _logits.Length;

        public float this[int i] => BitConverter.UInt32BitsToSingle((uint)_logits[i] << 16);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public (Vector512<float> First, Vector512<float> Second) Load(int i)
        {
            (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(_logits), (nuint)i));
            return ((low << 16).AsSingle(), (high << 16).AsSingle());
        }
    }
}
