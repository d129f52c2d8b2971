using CsCheck;
using Detection.Model;

namespace Detection.Tests.Model;

public sealed class LogitStatisticsTests
{
    private static readonly Gen<float[]> Logits = Gen.Float[-30, 30].Array[1, 300];

    [Fact]
    public void A_row_of_float32_logits_has_the_statistics_of_its_softmax() => Logits.Sample(logits =>
    {
        int token = logits.Length / 2;
        (double logProb, int rank, double entropy, double variance) = Expected(logits, token, logits[token]);
        TokenStatistics actual = LogitStatistics.Of(logits, token);
        Assert.Equal(logProb, actual.LogProb, 1e-5 * (1 - logProb));
        Assert.Equal(rank, actual.Rank);
        Assert.Equal(entropy, actual.Entropy, 1e-5);
        Assert.Equal(variance, actual.Variance, 1e-3);
    }, iter: 500);

    [Fact]
    public void A_row_of_bfloat16_logits_takes_the_token_s_own_logit_as_given() => Logits.Sample(logits =>
    {
        int token = logits.Length / 2;
        ushort[] rounded = [.. logits.Select(logit => (ushort)(BitConverter.SingleToUInt32Bits(logit) >> 16))];
        float[] widened = [.. rounded.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))];
        float exact = logits[token];
        widened[token] = exact;
        (double logProb, int rank, double entropy, double variance) = Expected(widened, token, exact);
        TokenStatistics actual = LogitStatistics.Of(rounded, token, exact);
        Assert.Equal(logProb, actual.LogProb, 1e-5 * (1 - logProb));
        Assert.Equal(rank, actual.Rank);
        Assert.Equal(entropy, actual.Entropy, 1e-5);
        Assert.Equal(variance, actual.Variance, 1e-3);
    }, iter: 500);

    [Fact]
    public void Two_rows_give_the_moments_of_one_under_the_other() => Gen.Select(Gen.Float[-20, 20].Array[200], Gen.Float[-20, 20].Array[200], Gen.Int[1, 200]).Sample(rows =>
    {
        (float[] observer, float[] performer, int length) = rows;
        (observer, performer) = (observer[..length], performer[..length]);
        double[] q = Softmax(observer), p = Softmax(performer);
        double mean = q.Zip(p, (a, b) => a * Math.Log(b)).Sum(), variance = q.Zip(p, (a, b) => a * Math.Log(b) * Math.Log(b)).Sum() - mean * mean;
        (float actualMean, float actualVariance, float logProb) = LogitStatistics.OfPair(observer, performer, length - 1);
        Assert.Equal(mean, actualMean, 1e-4);
        Assert.Equal(variance, actualVariance, 5e-3);
        Assert.Equal(Math.Log(p[^1]), logProb, 1e-4);
    }, iter: 500);

    [Fact]
    public void Ties_are_not_larger_and_a_large_vocabulary_is_counted_whole()
    {
        float[] logits = new float[50_001];
        Array.Fill(logits, 1.5f);
        TokenStatistics actual = LogitStatistics.Of(logits, 7);
        Assert.Equal(0, actual.Rank);
        Assert.Equal(Math.Log(50_001), actual.Entropy, 1e-4);
        Assert.Equal(-Math.Log(50_001), actual.LogProb, 1e-4);
        Assert.Equal(0, actual.Variance, 1e-4);
        logits[7] = 1;
        Assert.Equal(50_000, LogitStatistics.Of(logits, 7).Rank);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_not_finite_are_an_error_and_no_score(float bad)
    {
        float[] logits = new float[100];
        logits[3] = bad;
        Assert.Throws<InvalidDataException>(() => LogitStatistics.Of(logits, 0));
    }

    private static (double LogProb, int Rank, double Entropy, double Variance) Expected(float[] logits, int token, float logit)
    {
        double[] p = Softmax(logits);
        double mean = p.Sum(x => x == 0 ? 0 : x * Math.Log(x)), square = p.Sum(x => x == 0 ? 0 : x * Math.Log(x) * Math.Log(x));
        double largest = logits.Max(), total = Math.Log(logits.Sum(x => Math.Exp(x - largest)));
        return (logit - largest - total, logits.Count(x => x > logit), -mean, square - mean * mean);
    }

    private static double[] Softmax(float[] logits)
    {
        double largest = logits.Max(), total = logits.Sum(x => Math.Exp(x - largest));
        return [.. logits.Select(x => Math.Exp(x - largest) / total)];
    }
}
