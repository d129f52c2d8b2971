using System.Text.RegularExpressions;
using Detection.ServiceDefaults;
using Microsoft.Extensions.Configuration;

namespace Detection.Tests.ServiceDefaults;

/// <summary>What Dockerfile, compose file and chart set is what the program reads: a name that it does not know would stop every start.</summary>
public sealed partial class DeploymentNamesTests
{
    [Theory]
    [InlineData("docker-compose.yml", 10)]
    [InlineData("build/docker", 1)]
    [InlineData("charts/detection", 20)]
    public void Every_option_that_is_set_exists(string place, int atLeast)
    {
        string path = Path.Combine(Repository.Root, place);
        string[] files = File.Exists(path) ? [path] : Directory.GetFiles(path, "*", SearchOption.AllDirectories);
        // Where a template goes on with an index or a name (Rule__Hold__{{ $i }}), any will do.
        string[] names = [.. files.SelectMany(file => OptionName().Matches(File.ReadAllText(file))).Select(found => found.Value.EndsWith("__", StringComparison.Ordinal) ? found.Value + "0" : found.Value).Distinct()];
        Assert.True(names.Length >= atLeast, $"{names.Length} names in {place}");

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(names.Select(name => KeyValuePair.Create(name.Replace("__", ":", StringComparison.Ordinal), (string?)""))).Build();
        var problems = Record.Exception(() => OptionsReader.Read(configuration)) is InvalidOptionsException wrong ? wrong.Problems : [];
        Assert.DoesNotContain(problems, problem => problem.Contains("is unknown", StringComparison.Ordinal));
    }

    [GeneratedRegex("Detection__[A-Za-z0-9_]+")]
    private static partial Regex OptionName();
}
