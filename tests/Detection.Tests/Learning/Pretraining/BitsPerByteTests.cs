using Detection.Learning.Pretraining;

namespace Detection.Tests.Learning.Pretraining;

public sealed class BitsPerByteTests
{
    private static readonly CorpusDocument[] Documents =
    [
        new("aaaa", "s", "news"),
        new("é\n\n b", "s", "news"),
        new("cc", "s", "email"),
        new(" \n ", "s", "email"),
    ];

    [Fact]
    public void Bits_are_summed_over_a_domain_before_they_are_divided_by_its_bytes()
    {
        var rows = BitsPerByte.ByDomain(Documents, texts => [.. texts.Select(text => (3d * text.Length, text.Length))], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(
            [new DomainBits("email", 1, 2, 2, 3), new DomainBits("news", 2, 8, 7, 21 / 8d), new DomainBits(BitsPerByte.AllDomains, 3, 10, 9, 27 / 10d)],
            rows);
    }

    [Fact]
    public void White_space_can_be_left_as_it_is()
    {
        var seen = new List<string>();
        var rows = BitsPerByte.ByDomain(Documents, texts => { seen.AddRange(texts); return [.. texts.Select(_ => (1d, 1))]; }, collapseWhiteSpace: false, TestContext.Current.CancellationToken);
        Assert.Equal(Documents.Select(one => one.Text), seen);
        Assert.Equal(4, rows[^1].Documents);
    }
}
