using Detection.Learning;

namespace Detection.Tests.Learning;

public sealed class CorpusSplitTests
{
    // Three documents of the corpus (reddit-top-2013, Public Domain Dedication and License); b by Python's hashlib.
    [Theory]
    [InlineData(0, CorpusUse.Calibration, "So far I love the update. A lot of the features are nothing new to other platform os's, but Apples approach to design and implementation always impresses me.")]
    [InlineData(1, CorpusUse.HeadNegatives, "seems like a lot of the hippie-types are INFPs, drawing from my experience in Austin, TX and Portland, OR\n\nbut then again, i've never been to an actual hippie commune.")]
    [InlineData(2, CorpusUse.Pretraining, "“Not just a key, i gave her the ONLY key\"\n\nI don't quite understand this part, I mean, Monica should have a copy of Ross's key. why can't Ross just go cut a new key instead of changing the lock?")]
    public void Known_documents_have_known_buckets_and_uses(int bucket, CorpusUse use, string text)
    {
        Assert.Equal(bucket, CorpusSplit.Bucket(text));
        Assert.Equal(use, CorpusSplit.UseOf(text));
    }

    [Fact]
    public void Every_document_has_exactly_one_use_and_eight_in_ten_are_read_by_the_model()
    {
        var uses = Enumerable.Range(0, 5000).Select(i => CorpusSplit.UseOf($"document {i}")).CountBy(use => use).ToDictionary();
        Assert.Equal(5000, uses.Values.Sum());
        Assert.InRange(uses[CorpusUse.Calibration], 420, 580);
        Assert.InRange(uses[CorpusUse.HeadNegatives], 420, 580);
    }
}
