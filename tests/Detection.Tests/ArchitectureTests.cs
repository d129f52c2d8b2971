using System.Xml.Linq;

namespace Detection.Tests;

/// <summary>The arrows between projects and the packages each owns; a new one is a decision, made here.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Contracts"] = [],
        ["Checkpoints"] = [],
        ["Ingest"] = ["Contracts", "Text"],
        ["Text"] = ["Checkpoints"],
        ["Model"] = ["Checkpoints"],
        ["Detectors"] = ["Contracts", "Checkpoints", "Text", "Model"],
        ["Learning"] = ["Contracts", "Checkpoints", "Ingest", "Text", "Model", "Detectors"],
        ["Streaming"] = ["Contracts"],
        ["Storage"] = ["Contracts"],
        ["ServiceDefaults"] = ["Storage", "Streaming"],
        ["Detector"] = ["ServiceDefaults", "Ingest", "Streaming", "Detectors", "Storage"],
        ["Moderation"] = ["ServiceDefaults", "Contracts", "Storage", "Streaming"],
        ["Trainer"] = ["ServiceDefaults", "Storage", "Learning"],
        ["Standalone"] = ["ServiceDefaults", "Detector", "Moderation", "Trainer", "Learning", "Ingest"],
    };

    private static readonly Dictionary<string, string[]> Owners = new()
    {
        ["MimeKit"] = ["Ingest"],
        ["AngleSharp"] = ["Ingest"],
        ["Microsoft.ML.Tokenizers"] = ["Text"],
        ["SearchPioneer.Lingua"] = ["Text"],
        ["TorchSharp"] = ["Model"],
        ["TorchSharp-cuda-linux"] = ["Model"],
        ["libtorch-cpu-linux-x64"] = ["Model"],
        ["Microsoft.Data.Sqlite"] = ["Streaming", "Storage"],
        ["Confluent.Kafka"] = ["Streaming"],
        ["CloudNative.CloudEvents"] = ["Streaming"],
        ["Elastic.Clients.Elasticsearch"] = ["Storage"],
        ["Polly.Core"] = ["Streaming", "Storage", "Detector"],
        ["MudBlazor"] = ["Moderation"],
        ["System.CommandLine"] = ["Standalone"],
        ["Spectre.Console"] = ["Standalone"],
    };

    public static TheoryData<string> Projects => [.. Files().Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_layout_allows(string name)
    {
        var project = XDocument.Load(Files().Single(file => Path.GetFileNameWithoutExtension(file) == name));
        Assert.True(Arrows.TryGetValue(name, out string[]? allowed), $"{name} is not in the layout.");
        var references = project.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include")));
        Assert.Empty(references.Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_outside_package_is_used_only_by_its_owner(string name)
    {
        var project = XDocument.Load(Files().Single(file => Path.GetFileNameWithoutExtension(file) == name));
        var packages = project.Descendants("PackageReference").Select(package => (string?)package.Attribute("Include") ?? "");
        Assert.DoesNotContain(packages, package => Owners.TryGetValue(package, out string[]? owners) && !owners.Contains(name));
    }

    private static IEnumerable<string> Files() => new[] { "src", "services" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories)).Order(StringComparer.Ordinal);
}
