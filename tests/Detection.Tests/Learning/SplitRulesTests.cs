using System.Text.Json;
using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Learning.Data;

namespace Detection.Tests.Learning;

public sealed class SplitRulesTests
{
    [Fact]
    public void The_half_does_not_depend_on_case_white_space_or_what_comes_after_120_characters()
    {
        string text = "The quick  brown fox\njumps over the lazy dog " + new string('x', 200);
        Assert.Equal(SplitRules.IsFinal(text), SplitRules.IsFinal(("  " + text.ToUpperInvariant()).Replace(" ", "\t\n ", StringComparison.Ordinal) + "tail"));
    }

    [Theory]
    // First byte of SHA-256 by another tool: printf '%s' "…" | sha256sum
    [InlineData("hello world", true)]
    [InlineData("a", true)]
    [InlineData("test", true)]
    [InlineData("abcd", true)]
    [InlineData("hello", false)]
    [InlineData("dog", true)]
    public void Halves_of_known_texts_are_known(string text, bool final) => Assert.Equal(final, SplitRules.IsFinal(text));

    [Theory]
    [InlineData("synthetic/tweepfake", "train", RowUse.Teaches)]
    [InlineData("synthetic/tweepfake", "dev", RowUse.SetsThresholds)]
    [InlineData("synthetic/tweepfake", "test", RowUse.Measured)]
    [InlineData("synthetic/fdg_open", "benchmark", RowUse.Measured)]
    [InlineData("synthetic/bias_toefl_native", "audit", RowUse.Measured)]
    [InlineData("manipulation/persuasion-memes", "dev", RowUse.Measured)]
    [InlineData("manipulation/dark-patterns", "dev", RowUse.SetsThresholds)]
    public void Rows_have_the_use_that_the_rules_give_them(string file, string split, RowUse use) => Assert.Equal(use, SplitRules.UseOf(Row(file, split), "cluster"));

    [Fact]
    public void Files_without_the_usual_splits_are_divided_by_cluster()
    {
        var reviews = Enumerable.Range(0, 1000).Select(i => SplitRules.UseOf(Row("synthetic/reviews_amazon_gpt2", "dev"), $"c{i}")).ToArray();
        Assert.InRange(reviews.Count(use => use == RowUse.Teaches), 750, 850);
        var memes = Enumerable.Range(0, 1000).Select(i => SplitRules.UseOf(Row("manipulation/persuasion-memes", "train"), $"c{i}")).ToArray();
        Assert.InRange(memes.Count(use => use == RowUse.SetsThresholds), 110, 190);
        Assert.DoesNotContain(RowUse.Measured, memes);
        var decided = Enumerable.Range(0, 1000).Select(i => SplitRules.UseOf(Row("decisions/mail", "train"), $"c{i}")).ToArray();
        Assert.InRange(decided.Count(use => use == RowUse.SetsThresholds), 150, 250);
        Assert.DoesNotContain(RowUse.Measured, decided);
    }

    [Fact]
    public void Near_copies_share_a_cluster_and_other_texts_do_not()
    {
        string line = string.Join(' ', Enumerable.Range(0, 60).Select(i => $"word{i}"));
        string other = string.Join(' ', Enumerable.Range(100, 60).Select(i => $"word{i}"));
        var clusters = new NearDuplicates([line, other, line.ToUpperInvariant().Replace(" ", ", ", StringComparison.Ordinal) + " and an ending", "Short one!", "short ONE", "short two"]);
        Assert.Equal(clusters.ClusterOf(0), clusters.ClusterOf(2));
        Assert.NotEqual(clusters.ClusterOf(0), clusters.ClusterOf(1));
        Assert.Equal(clusters.ClusterOf(3), clusters.ClusterOf(4));
        Assert.NotEqual(clusters.ClusterOf(3), clusters.ClusterOf(5));
    }

    [Fact]
    public void The_mask_and_the_heads_are_those_of_the_shared_taxonomy()
    {
        var taxonomy = JsonDocument.Parse(File.ReadAllText(Repository.Shared("data", "manipulation", "taxonomy.json"))).RootElement;
        Assert.Equal(taxonomy.GetProperty("heads").EnumerateArray().Select(head => head.GetProperty("id").GetString()), Taxonomy.Techniques.Select(technique => technique.Name));
        foreach (var source in taxonomy.GetProperty("sources").EnumerateObject())
            Assert.Equal(source.Value.GetProperty("annotated").EnumerateArray().Select(head => head.GetString()), TechniqueSources.HeadsOf(source.Name + "/part"));
        Assert.Null(TechniqueSources.HeadsOf("spamassassin/easy-ham-1"));
    }

    private static LabelledRow Row(string file, string split) =>
        new() { Id = "1", File = file, Task = LearningTask.Synthetic, Text = "text", Message = new Message { Text = "text" }, Split = split };
}
