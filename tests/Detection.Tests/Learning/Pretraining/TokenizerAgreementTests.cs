using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Detection.Learning.Pretraining;
using Microsoft.ML.Tokenizers;

namespace Detection.Tests.Learning.Pretraining;

/// <summary>The encoder used in training and the library that reads the exported <c>tokenizer.json</c> give the same ids.</summary>
public sealed class TokenizerAgreementTests
{
    [Fact]
    public void Three_thousand_documents_get_the_ids_of_the_tokenizer_library()
    {
        string[] texts = [.. Texts("spam", "email-enron"), .. Texts("spam", "email-spamassassin"), .. Texts("spam", "sms"), .. Texts("synthetic", "tweepfake"), .. Texts("synthetic", "fdg_open")];
        Assert.Equal(3000, texts.Length);
        var vocabulary = ByteLevelBpeTrainer.Train(texts, 4096);
        var library = Library(vocabulary);
        var encoder = new BpeEncoder(vocabulary);
        Assert.All(texts, text => Assert.Equal(library.EncodeToIds(text), Ids(encoder, text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a  b   c\t\td\r\n\r\n e")]
    [InlineData("it's 5 o'clock, 12.50 € … “quoted” — naïve")]
    [InlineData("日本語 and 한국어, Привет!")]
    [InlineData("😀 👨‍👩‍👧 ok 𝟏𝟐 𝐛𝐨𝐥𝐝")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("half ½ super² Ⅷ ٣")]
    public void Hard_texts_get_the_ids_of_the_tokenizer_library(string text)
    {
        var vocabulary = ByteLevelBpeTrainer.Train([string.Concat(Enumerable.Repeat("the cat sat on the mat. aaaa aaaaaaa naïve “quoted” 12 aa aaa ", 20))], 400);
        Assert.Equal(Library(vocabulary).EncodeToIds(text), Ids(new BpeEncoder(vocabulary), text));
    }

    private static IEnumerable<string> Texts(string task, string file)
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(Repository.Shared("data", task, file + ".jsonl.gz")), CompressionMode.Decompress));
        for (int i = 0; i < 600; i++) yield return JsonDocument.Parse(lines.ReadLine()!).RootElement.GetProperty("text").GetString()!;
    }

    private static List<int> Ids(BpeEncoder encoder, string text)
    {
        var ids = new List<ushort>();
        encoder.Encode(text, ids);
        return [.. ids.Select(id => (int)id)];
    }

    /// <summary>Single digits first, then GPT-2's pattern: one pattern says both where no piece of the second crosses a digit.</summary>
    private static BpeTokenizer Library(BpeVocabulary vocabulary)
    {
        var special = new Dictionary<string, int> { [BpeVocabulary.EndOfText] = 0 };
        var split = new Regex(@"\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N})|\s+(?!\S)|\s+", RegexOptions.CultureInvariant);
        return BpeTokenizer.Create(new BpeOptions(vocabulary.Ids.ToDictionary(one => one.Key, one => one.Value))
        {
            Merges = vocabulary.Merges.Select(merge => $"{merge.Left} {merge.Right}"),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(split, special),
            SpecialTokens = special,
        });
    }
}
