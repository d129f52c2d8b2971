using System.IO.Compression;
using System.Text.Json;
using Detection.Checkpoints;
using Detection.Text;

namespace Detection.Tests.Text;

/// <summary>Ids and places as Hugging Face tokenizers 0.23.3 gives them (reference/README.md, "Tokenizer cases").</summary>
public class TokenizerReferenceTests
{
    [Fact]
    public void Ids_and_utf16_places_equal_the_reference_of_smollm2()
    {
        Tokenizer tokenizer = Tokenizer.Load(Repository.Shared("reference", "smollm2", "tokenizer.json.gz"));
        int texts = 0;
        foreach (JsonElement line in Lines(Repository.Shared("reference", "smollm2", "scores.jsonl.gz")))
        {
            string text = line.GetProperty("text").GetString()!;
            Tokens tokens = tokenizer.Encode(text, SpecialTokens.Default);
            Assert.Equal(Integers(line.GetProperty("ids")), tokens.Ids);
            Assert.Equal(Integers(line.GetProperty("start_utf16")), tokens.Starts);
            Assert.Equal(Integers(line.GetProperty("end_utf16")), tokens.Ends);
            Assert.Equal(text, tokenizer.Decode(tokens.Ids));
            texts++;
        }
        Assert.Equal(71, texts);
        Assert.Equal(1, tokenizer.BosId);
        Assert.Equal(49152, tokenizer.VocabularySize);
    }

    [Fact]
    public void The_tokenizer_of_the_gguf_file_gives_the_same_ids_and_names_its_markers()
    {
        string model = Directory.GetFiles(Repository.Shared("models", "smollm2-135m-instruct"), "*.gguf").Single();
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Tokenizer tokenizer = new(checkpoint.Tokenizer!.Value, checkpoint.Config);
        foreach (JsonElement line in Lines(Repository.Shared("reference", "smollm2", "scores.jsonl.gz")))
            Assert.Equal(Integers(line.GetProperty("ids")), tokenizer.Encode(line.GetProperty("text").GetString()!).Ids);
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
    }

    [Theory]
    [InlineData("gpt2"), InlineData("gpt2_trim"), InlineData("llama3"), InlineData("smollm2")]
    [InlineData("opt"), InlineData("qwen2"), InlineData("gpt_neox"), InlineData("o200k"), InlineData("digits_bytelevel"), InlineData("deepseek_v3")]
    public void Ids_and_places_equal_the_reference_cases(string kind)
    {
        Tokenizer tokenizer = Tokenizer.Load(kind == "smollm2"
            ? Repository.Shared("reference", "smollm2", "tokenizer.json.gz")
            : Repository.Shared("reference", "tokenizers", kind, "tokenizer.json"));
        int cases = 0;
        List<string> wrong = [];
        foreach (JsonElement line in Lines(Repository.Shared("reference", "tokenizers", kind, "cases.jsonl")))
        {
            string text = line.GetProperty("text").GetString()!;
            Compare(text, line, tokenizer.Encode(text), wrong);
            if (line.TryGetProperty("with_special", out JsonElement special)) Compare(text, special, tokenizer.Encode(text, SpecialTokens.Default), wrong);
            else Compare(text, line, tokenizer.Encode(text, SpecialTokens.Default), wrong);
            cases++;
        }
        Assert.Equal(320, cases);
        Assert.True(wrong.Count == 0, $"{wrong.Count} wrong: {string.Join('\n', wrong.Take(5))}");
    }

    private static void Compare(string text, JsonElement expected, Tokens tokens, List<string> wrong)
    {
        int[] points = CodePoints(text);
        string want = $"{string.Join(' ', Integers(expected.GetProperty("ids")))} | {string.Join(' ', Integers(expected.GetProperty("offsets")))}";
        string got = $"{string.Join(' ', tokens.Ids)} | {string.Join(' ', tokens.Starts.Zip(tokens.Ends).SelectMany(span => new[] { points[span.First], points[span.Second] }))}";
        if (want != got) wrong.Add($"{JsonSerializer.Serialize(text)}\n  want {want}\n  got  {got}");
    }

    /// <summary>The number of code points before each UTF-16 unit.</summary>
    private static int[] CodePoints(string text)
    {
        int[] points = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++) points[i + 1] = points[i] + (char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]) ? 0 : 1);
        return points;
    }

    private static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt32())];

    private static IEnumerable<JsonElement> Lines(string path)
    {
        using Stream stored = File.OpenRead(path);
        using StreamReader reader = new(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stored, CompressionMode.Decompress) : stored);
        while (reader.ReadLine() is { } line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return document.RootElement;
        }
    }
}
