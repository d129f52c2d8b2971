using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;

namespace Detection.Tests.Detectors;

public sealed class WordVocabularyTests
{
    [Fact]
    public void Words_that_most_texts_have_are_kept_each_at_a_place_of_its_own()
    {
        int[] documents = new int[WordVector.Hashes];
        // One more than there is room for: the rarest, which is neither first nor last, is not kept.
        for (int i = 0; i <= WordVocabulary.Most; i++) documents[3 * i] = i == 100 ? 1 : 2 + i % 7;
        var vocabulary = WordVocabulary.Of(documents, texts: 9);
        Assert.Equal(WordVocabulary.Most, vocabulary.Kept!.Count);
        var placed = vocabulary.Placed(new WordVector([0, 1, 297, 300, 303], [1, 2, 3, 4, 5]));
        Assert.Equal([0, 99, 100], placed.Bucket);
        Assert.Equal([1f, 3, 5], placed.Count);
        Assert.Equal(1 + MathF.Log(10f / 3), vocabulary.Rarity[0], 1e-6f);
    }

    [Fact]
    public void Of_equally_frequent_words_the_same_are_kept_every_time()
    {
        int[] documents = new int[WordVector.Hashes];
        Array.Fill(documents, 1);
        Assert.Equal(Enumerable.Range(0, WordVocabulary.Most), WordVocabulary.Of(documents, texts: 1).Kept!);
    }

    [Fact]
    public void Heads_of_an_older_bundle_read_every_word_at_the_place_that_its_hash_has_there()
    {
        var folded = WordVocabulary.Folded([.. Enumerable.Repeat(1f, WordVocabulary.FoldedPlaces)]);
        Assert.Null(folded.Kept);
        Assert.Equal([5, 5, 7], folded.Placed(new WordVector([5, (1 << 15) + 5, (3 << 15) + 7], [1, 1, 1])).Bucket);
    }

    [Fact]
    public void A_word_of_a_text_counts_with_the_weight_of_its_place()
    {
        int[] kept = [.. WordVector.Of(null, "free money").Bucket.Order()];
        float[] weights = new float[WordVocabulary.Most];
        weights[Array.IndexOf(kept, WordVector.Of(null, "money").Bucket.Single())] = 2;
        var heads = new HeadSet([0], [1], new WordVocabulary(kept, [.. kept.Select(_ => 1f)]), [new Head("spam", [0], weights, 0, new Platt(1, 0))]);
        float Margin(string text) => heads.Margins(new TextFeatures([0], WordVector.Of(null, text)))[0];
        // Words that are not kept are no part of the text: "money" alone has the whole length.
        Assert.Equal((2f, 0f, 0f), (Margin("send money tomorrow"), Margin("free lunch"), Margin("")));
    }

    [Fact]
    public void A_vocabulary_survives_the_file_and_a_broken_one_is_named()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        int[] kept = [7, 4_000, WordVector.Hashes - 1];
        new HeadFile(new HeadSet([0], [1], new WordVocabulary(kept, [1, 2, 3]), [new Head("spam", [0], new float[WordVocabulary.Most], 0, new Platt(1, 0))]), new Dictionary<string, HumanScores>()).Write(path);
        var read = HeadFile.Read(path).Heads.Vocabulary;
        Assert.Equal(kept, read.Kept!);
        Assert.Equal([1f, 2, 3], read.Rarity);
        foreach (float[] broken in new float[][] { [7, 7, 9], [7, 4_000], [7, 8, WordVector.Hashes], [-1, 0, 1] })
        {
            HeadFileTests.Replace(path, "words.hash", broken);
            Assert.Contains("words.hash", Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
        }
    }
}
