using System.Text.Json;
using Detection.Detectors.Calibration;
using Detection.Learning;
using Detection.Learning.Data;

namespace Detection.Tests.Learning;

public sealed class CorpusTextsTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"corpus-{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_long_document_gives_one_text_of_each_length_from_stretches_that_do_not_overlap()
    {
        string document = Document(8_000);
        var rows = Sample(document, each: 10);
        Assert.Equal(["200-600", "600-1600", "over-1600", "under-200"], rows.Select(row => LengthBucket.LengthOf(row.Row.Text.Length)).Order(StringComparer.Ordinal));
        int end = 0;
        foreach (var row in rows)
        {
            int start = document.IndexOf(row.Row.Text, StringComparison.Ordinal);
            Assert.True(start >= end, $"{row.Row.Id} begins at {start}, before {end}.");
            Assert.EndsWith(".", row.Row.Text, StringComparison.Ordinal);
            end = start + row.Row.Text.Length;
        }
        Assert.Single(rows.Select(row => row.Cluster).Distinct());
        Assert.Equal([false, true, true, true], rows.Select(CorpusTexts.IsFurther));
        Assert.All(rows, row => Assert.Equal(RowUse.SetsThresholds, row.Use));
    }

    [Fact]
    public void A_short_document_is_one_text_as_it_is()
    {
        string document = Document(80);
        var row = Assert.Single(Sample(document, each: 10));
        Assert.Equal(document, row.Row.Text);
        Assert.False(CorpusTexts.IsFurther(row));
    }

    [Fact]
    public void No_channel_and_length_gives_more_texts_than_asked_for() =>
        Assert.Equal(12, Sample([.. Enumerable.Range(0, 9).Select(i => Document(8_000, i))], each: 3).Count);

    [Fact]
    public void Excluded_documents_give_nothing()
    {
        string document = Document(8_000);
        File.WriteAllText(_file, Line(document));
        Assert.Empty(CorpusTexts.Sample([_file], CorpusUse.Calibration, LicenceClass.Permissive, [LabelledSet.HashOf(document)[..16]], 10));
        Assert.Empty(CorpusTexts.Sample([_file], CorpusUse.HeadNegatives, LicenceClass.Permissive, [], 10));
    }

    private IReadOnlyList<PlacedRow> Sample(string document, int each) => Sample([document], each);

    private IReadOnlyList<PlacedRow> Sample(IReadOnlyList<string> documents, int each)
    {
        File.WriteAllLines(_file, documents.Select(Line));
        return CorpusTexts.Sample([_file], CorpusUse.Calibration, LicenceClass.Permissive, [], each);
    }

    private static string Line(string document) => JsonSerializer.Serialize(new { text = document, source = "enwiki-2015", domain = "wiki" });

    /// <summary>Sentences that are all different, of a document that sets thresholds.</summary>
    private static string Document(int length, int first = 0)
    {
        for (int salt = 0; ; salt++)
        {
            string text = "";
            for (int i = 0; text.Length < length; i++) text += $"{(i > 0 ? " " : "")}Sentence {first}/{salt}/{i} says nothing.";
            if (CorpusSplit.UseOf(text) == CorpusUse.Calibration) return text;
        }
    }
}
