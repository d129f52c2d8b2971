using BenchmarkDotNet.Attributes;
using Detection.Model;

namespace Detection.Benchmarks;

/// <summary>The head's kernel on one row of the 135M model's vocabulary; nothing may be allocated.</summary>
[MemoryDiagnoser]
public class LogitStatisticsBenchmark
{
    private readonly float[] _logits = new float[49_152];
    private readonly ushort[] _rounded = new ushort[49_152];

    [GlobalSetup]
    public void Fill()
    {
        Random random = new(1);
        for (int i = 0; i < _logits.Length; i++)
        {
            _logits[i] = (float)(10 * random.NextDouble());
            _rounded[i] = (ushort)(BitConverter.SingleToUInt32Bits(_logits[i]) >> 16);
        }
    }

    [Benchmark]
    public float Float32() => LogitStatistics.Of(_logits, 100).LogProb;

    [Benchmark]
    public float BFloat16() => LogitStatistics.Of(_rounded, 100, 5.1f).LogProb;
}
