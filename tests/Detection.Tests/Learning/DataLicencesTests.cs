using System.Text.RegularExpressions;
using Detection.Learning;

namespace Detection.Tests.Learning;

public sealed partial class DataLicencesTests
{
    [Theory]
    [InlineData("reuters-2006-2013")]
    [InlineData("abc-australia-2006")]
    [InlineData("scotus-oral-arguments")]
    [InlineData("openstax-textbooks")]
    [InlineData("blog-authorship")]
    [InlineData("imdb-unsup")]
    public void Weights_that_enter_git_never_learn_from_a_restricted_source(string source)
    {
        Assert.False(DataLicences.Current.Allows(source, LicenceClass.Unstated));
        Assert.True(DataLicences.Current.Allows(source, LicenceClass.Restricted));
    }

    [Theory]
    [InlineData("spam/email-phishing-pot")]
    [InlineData("manipulation/mental-manipulation")]
    [InlineData("manipulation/propaganda-news")]
    public void Default_heads_never_learn_from_a_restricted_file(string file) => Assert.False(DataLicences.Current.AllowsData(file, LicenceClass.Unstated));

    [Fact]
    public void A_class_allows_itself_and_what_is_freer()
    {
        Assert.True(DataLicences.Current.Allows("reddit-top-2013", LicenceClass.Permissive));
        Assert.True(DataLicences.Current.Allows("reddit-top-2013", LicenceClass.Unstated));
        Assert.False(DataLicences.Current.Allows("everything-list", LicenceClass.Permissive));
        Assert.True(DataLicences.Current.AllowsData("spam/sms", LicenceClass.Unstated));
    }

    [Fact]
    public void A_source_that_is_not_listed_is_refused_by_name()
    {
        var refused = Assert.Throws<KeyNotFoundException>(() => DataLicences.Current.Allows("somebody's-mail", LicenceClass.Restricted));
        Assert.Contains("somebody's-mail", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_entry_is_unique_and_says_its_licence_and_origin()
    {
        foreach (var list in new[] { DataLicences.Current.Corpus, DataLicences.Current.Data })
        {
            Assert.NotEmpty(list);
            Assert.Equal(list.Count, list.Select(one => one.Source).Distinct().Count());
            Assert.All(list, one => Assert.False(string.IsNullOrWhiteSpace(one.Licence) || string.IsNullOrWhiteSpace(one.From), one.Source));
        }
    }

    [Fact]
    public void Every_source_of_the_shared_corpus_is_listed()
    {
        string readme = File.ReadAllText(Repository.Shared("corpus", "README.md"));
        string table = readme[readme.IndexOf("## Sources and licences as stated", StringComparison.Ordinal)..readme.IndexOf("**Licence cautions.**", StringComparison.Ordinal)];
        var sources = FirstCell().Matches(table).Select(match => match.Groups[1].Value).Where(name => name != "source").ToHashSet();
        Assert.Equal(20, sources.Count);
        Assert.Equal(sources.Order(), DataLicences.Current.Corpus.Select(one => one.Source).Order());
    }

    [Fact]
    public void Every_file_of_the_shared_data_is_listed()
    {
        string folder = Repository.Shared("data");
        var files = Directory.EnumerateFiles(folder, "*.gz", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetFileName(Path.GetDirectoryName(file))}/{Path.GetFileName(file).Split('.')[0]}")
            .ToHashSet();
        Assert.Empty(files.Except(DataLicences.Current.Data.Select(one => one.Source)));
        Assert.Empty(DataLicences.Current.Data.Select(one => one.Source).Except(files));
    }

    [GeneratedRegex(@"^\| ([a-z0-9][a-z0-9-]+) \|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();
}
