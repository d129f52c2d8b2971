using CsCheck;
using Detection.Learning.Pretraining;

namespace Detection.Tests.Learning.Pretraining;

public sealed class ByteLevelBpeTests
{
    private const string Tiny = "low low low low low lower lower newest newest newest newest newest newest widest widest widest";

    /// <summary>The merges of a plain quadratic trainer in Python, which counts all pairs anew after each; of equal counts the lower ids go first.</summary>
    [Fact]
    public void The_most_frequent_pair_is_merged_first()
    {
        var vocabulary = ByteLevelBpeTrainer.Train([Tiny], 300);
        Assert.Equal(
            [("e", "s"), ("es", "t"), ("l", "o"), ("lo", "w"), ("e", "w"), ("n", "ew"), ("Ġ", "low"), ("Ġ", "new"), ("Ġnew", "est"), ("d", "est"), ("i", "dest"), ("w", "idest")],
            vocabulary.Merges.Take(12));
        Assert.Equal(Enumerable.Range(0, vocabulary.Ids.Count), vocabulary.Ids.Values.Order());
    }

    [Fact]
    public void The_vocabulary_stops_at_its_size()
    {
        var vocabulary = ByteLevelBpeTrainer.Train([Tiny], 260);
        Assert.Equal(260, vocabulary.Ids.Count);
        Assert.Equal(3, vocabulary.Merges.Count);
    }

    [Fact]
    public void The_end_of_text_is_id_0_and_every_byte_has_an_id()
    {
        var vocabulary = ByteLevelBpeTrainer.Train([Tiny], 300);
        Assert.Equal(0, vocabulary.Ids[BpeVocabulary.EndOfText]);
        for (int value = 0; value < 256; value++) Assert.InRange(vocabulary.Ids[Detection.Text.BytePairs.ByteAlphabet.Letter((byte)value).ToString()], 1, 256);
    }

    [Fact]
    public void Digits_stand_alone_and_a_space_stays_before_its_word()
    {
        Assert.Equal(["Pay", "Ġ", "1", "2", ".", "5", "0", "Ġnow", ",", "Ġdon", "'t", "Ġwait", "Ċ", "Ċ", "x"], ByteLevel.Words("Pay 12.50 now, don't wait\n\nx"));
    }

    [Fact]
    public void Any_text_can_be_trained_on_and_read_back() =>
        Gen.Select(Gen.String[Gen.Char["aab 1"], 0, 60].Array[1, 8], Gen.Int[258, 320]).Sample((texts, size) =>
        {
            var vocabulary = ByteLevelBpeTrainer.Train(texts, size);
            Assert.Equal(vocabulary.Ids.Count, vocabulary.Ids.Values.Distinct().Count());
            var names = vocabulary.Ids.ToDictionary(one => one.Value, one => one.Key);
            var encoder = new BpeEncoder(vocabulary);
            foreach (string text in texts)
            {
                var ids = new List<ushort>();
                encoder.Encode(text, ids);
                Assert.Equal(ByteLevel.Spell(text), string.Concat(ids.Select(id => names[id])));
            }
        });

    [Fact]
    public void Any_characters_survive_encoding()
    {
        var vocabulary = ByteLevelBpeTrainer.Train([Tiny], 300);
        var names = vocabulary.Ids.ToDictionary(one => one.Value, one => one.Key);
        Gen.String.Sample(text =>
        {
            var ids = new List<ushort>();
            new BpeEncoder(vocabulary).Encode(text, ids);
            Assert.Equal(ByteLevel.Spell(text), string.Concat(ids.Select(id => names[id])));
        });
    }
}
