using System.Text;
using System.Text.Json;
using CsCheck;
using Detection.Text;
using Microsoft.ML.Tokenizers;
using Tokenizer = Detection.Text.Tokenizer;

namespace Detection.Tests.Text;

public class TokenizerTests
{
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.String, Gen.String[Gen.Char["ab 1'\n\u00e9\u0301\u0430\u3042\ud83d\ude00\ud835\udd8d\u2003<|end|>"], 0, 60]);

    [Fact]
    public void Merges_are_made_by_rank_and_places_are_utf16_units()
    {
        Tokenizer tokenizer = TinyTokenizer.Build();
        Tokens tokens = tokenizer.Encode("the then 😀e");
        Assert.Equal(["the", "Ġthe", "n", "Ġ", "ð", "Ł", "ĺ", "Ģ", "e"], tokens.Ids.Select(id => TinyTokenizer.Spelling(tokenizer, id)));
        Assert.Equal([0, 3, 7, 8, 9, 9, 9, 9, 11], tokens.Starts);
        Assert.Equal([3, 7, 8, 9, 11, 11, 11, 11, 12], tokens.Ends);
    }

    [Fact]
    public void A_special_token_is_found_in_the_text_and_put_around_it_when_asked_for()
    {
        Tokenizer tokenizer = TinyTokenizer.Build(template: true);
        int end = tokenizer.IdOf("<|end|>")!.Value;
        Assert.Equal([end, tokenizer.IdOf("the")!.Value, end], tokenizer.Encode("the<|end|>", SpecialTokens.Default).Ids);
        Assert.Equal([0, 0, 3], tokenizer.Encode("the<|end|>", SpecialTokens.Default).Starts);
        Assert.Equal([tokenizer.IdOf("the")!.Value, end], tokenizer.Encode("the<|end|>").Ids);
        Assert.Equal(end, tokenizer.BosId);
    }

    [Fact]
    public void Half_a_surrogate_pair_counts_as_a_replacement_character()
    {
        Tokenizer tokenizer = TinyTokenizer.Build();
        Tokens broken = tokenizer.Encode("a\ud83db\ude00"), whole = tokenizer.Encode("a\ufffdb\ufffd");
        Assert.Equal(whole.Ids, broken.Ids);
        Assert.Equal(whole.Ends, broken.Ends);
    }

    [Fact]
    public void Any_text_is_covered_in_order_and_comes_back()
    {
        Tokenizer[] tokenizers = [TinyTokenizer.Build(), TinyTokenizer.Build(digits: true)];
        AnyText.Sample(text =>
        {
            foreach (Tokenizer tokenizer in tokenizers)
            {
                Tokens tokens = tokenizer.Encode(text);
                int covered = 0;
                for (int i = 0; i < tokens.Count; i++)
                {
                    Assert.True(tokens.Starts[i] < tokens.Ends[i] && tokens.Starts[i] <= covered && tokens.Ends[i] >= covered);
                    Assert.True(i == 0 || tokens.Starts[i] >= tokens.Starts[i - 1]);
                    covered = tokens.Ends[i];
                }
                Assert.Equal(text.Length, covered);
                Assert.Equal(WellFormed(text), tokenizer.Decode(tokens.Ids));
                Assert.Equal(tokens.Ids, tokenizer.Encode(text).Ids); // now from the cache
            }
        }, iter: 3000);
    }

    [Fact]
    public void Long_words_are_merged_as_short_ones_are()
    {
        Tokenizer tokenizer = TinyTokenizer.Build();
        // Beyond the limit of the scan the same word must come out of the queue; a reference does it the plain way.
        Gen.String[Gen.Char["then"], 1, 400].Sample(word =>
            Assert.Equal(TinyTokenizer.Merge(word), tokenizer.Encode(word).Ids.Select(id => TinyTokenizer.Spelling(tokenizer, id))), iter: 300);
    }

    [Fact]
    public void Ids_are_those_of_Microsoft_ML_Tokenizers()
    {
        Tokenizer tokenizer = TinyTokenizer.Build();
        BpeTokenizer other = TinyTokenizer.BuildOther();
        // Its pattern sees UTF-16 units, so that only text of the basic plane is the same to both.
        Gen.String[Gen.Char["then nn's é\n한12!\t"], 0, 80].Sample(text => Assert.Equal(other.EncodeToIds(text), tokenizer.Encode(text).Ids), iter: 2000);
    }

    [Fact]
    public void Places_are_right_whatever_the_cache_holds()
    {
        Tokenizer tokenizer = TinyTokenizer.Build();
        Tokens before = tokenizer.Encode("then the");
        for (int i = 0; i < 150_000; i++) tokenizer.Encode($"the{i}n"); // more words than two generations hold
        Assert.Equivalent(before, tokenizer.Encode("then the"), strict: true);
    }

    [Theory]
    [InlineData('t'), InlineData('9'), InlineData(' '), InlineData('!'), InlineData('\n'), InlineData('한')]
    public void A_megabyte_of_one_letter_takes_bounded_time(char letter)
    {
        Tokenizer tokenizer = TinyTokenizer.Build();
        ThreadTime.Within("a megabyte", TimeSpan.FromSeconds(20), () => Assert.Equal(1 << 20, tokenizer.Encode(new string(letter, 1 << 20)).Ends[^1]));
    }

    [Theory]
    [InlineData("""{"model":{"type":"Unigram","vocab":[]}}""", "model.type: 'Unigram'")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{}}}""", "model.type: 'WordPiece'")]
    [InlineData("""{"model":{"type":"BPE","byte_fallback":true}}""", "model.byte_fallback")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Metaspace"}}""", "pre_tokenizer.type: 'Metaspace'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}""", "pre_tokenizer: a tokenizer without")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Lowercase"}}""", "normalizer.type: 'Lowercase'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a[b]]"},"behavior":"Isolated"}]}}""",
        "pre_tokenizer.pretokenizers[0].pattern.Regex: a class inside a class")]
    public void Another_kind_is_refused_by_field(string json, string field)
    {
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => new Tokenizer(JsonElement.Parse(json)));
        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "model.vocab.a")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b c"]}}""", "model.merges[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b"]]}}""", "model.merges[0]: 'ab'")]
    [InlineData("""{"model":3}""", "model")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}},"added_tokens":[{"id":"x","content":"b"}],"pre_tokenizer":{"type":"ByteLevel"}}""", "added_tokens[0].id")]
    public void A_broken_file_is_refused_by_field(string json, string field)
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => new Tokenizer(JsonElement.Parse(json)));
        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mutilated_file_is_refused_or_works()
    {
        string whole = TinyTokenizer.Json(digits: true, template: true);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[1, 40], Gen.String[Gen.Char["{}[]\",:0naul-ab"], 0, 8]).Sample((at, length, patch) =>
        {
            string broken = whole[..at] + patch + whole[Math.Min(whole.Length, at + length)..];
            try
            {
                new Tokenizer(JsonElement.Parse(broken)).Encode("the 12 then<|end|>", SpecialTokens.Default);
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or InvalidDataException)
            {
                Assert.NotEmpty(e.Message);
            }
        }, iter: 2000);
    }

    private static string WellFormed(string text) => Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text));
}
