using System.Security.Cryptography;
using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Ingest;

namespace Detection.Tests.Detectors;

public sealed class BundleTests
{
    [Fact]
    public void A_bundle_with_its_weights_inside_opens()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, inside: true);
        var bundle = Bundle.Open(folder.Path);
        Assert.Equal(("some", "3"), (bundle.Identity.Name, bundle.Identity.Version));
        Assert.Equal(64, bundle.Sha256.Length);
        Assert.Equal(Path.Combine(folder.Path, "base.gguf"), bundle.BasePath);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_shipped_bundle_by_reference_judges_mail_over_the_weights_that_it_names(bool research)
    {
        var bundle = Bundle.Open(Path.Combine(Repository.Root, "models", "smollm2-135m"), research, [Repository.Shared("models", "smollm2-135m-instruct")]);
        using var pipeline = DetectionPipeline.Open(new ModelSource("smollm2-135m", bundle.BasePath, bundle), new PipelineOptions());
        Message Sample(string name) => MessageExtraction.Extract(MessageJson.FromMail(File.ReadAllBytes(Path.Combine(Repository.Root, "samples", "mail", name))), new IngestOptions());
        var judged = pipeline.Judge([Sample("crude-spam-capsules.eml"), Sample("club-notices.eml")], TestContext.Current.CancellationToken).ToArray();
        Assert.InRange(judged[0].Scores.Spam!.Value, 0.9, 1);
        Assert.InRange(judged[1].Scores.Spam!.Value, 0, 0.1);
        Assert.All(judged, one => Assert.Equal(bundle.Heads.Heads.Heads.Select(head => head.Name).Where(HeadNames.IsTechnique), one.Manipulation.Keys));
        Assert.All(judged, one => Assert.Contains("synthetic", one.FalsePositiveRate.Keys));
    }

    [Theory]
    [InlineData("heads.safetensors")]
    [InlineData("base.gguf")]
    public void A_file_with_another_hash_is_refused_by_name(string file)
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, inside: true);
        File.AppendAllText(Path.Combine(folder.Path, file), "x");
        Assert.Contains(file, Assert.Throws<BundleException>(() => Bundle.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_by_reference_are_found_by_name_and_hash_and_asked_for_where_they_are_missing()
    {
        using var folder = new TemporaryFolder();
        string bundles = Directory.CreateDirectory(Path.Combine(folder.Path, "bundles")).FullName, data = Path.Combine(folder.Path, "data");
        string bundle = Directory.CreateDirectory(Path.Combine(bundles, "some")).FullName, away = Path.Combine(folder.Path, "base.gguf");
        Write(bundle, inside: false);
        File.Move(Path.Combine(bundle, "base.gguf"), away);
        var missing = Assert.Throws<BundleException>(() => ModelSource.Resolve("some", data, bundles));
        Assert.Contains("models import", missing.Message, StringComparison.Ordinal);
        var (path, sha256) = ModelSource.Import(away, data);
        Assert.Equal(sha256, Hash(away));
        var source = ModelSource.Resolve("some", data, bundles);
        Assert.Equal((path, "some"), (source.Path, source.Name));
    }

    [Fact]
    public void A_plain_file_or_folder_is_a_model_without_heads_and_an_unknown_name_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "m.gguf"), "");
        Assert.Null(ModelSource.Resolve(Path.Combine(folder.Path, "m.gguf"), folder.Path, folder.Path).Bundle);
        Assert.Null(ModelSource.Resolve(folder.Path, folder.Path, folder.Path).Bundle);
        Assert.Contains("nothing-here", Assert.Throws<BundleException>(() => ModelSource.Resolve("nothing-here", folder.Path, folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_name_in_a_manifest_does_not_lead_out_of_the_folder()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, inside: true);
        string path = Path.Combine(folder.Path, BundleManifest.FileName);
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"base.gguf\"", "\"../base.gguf\"", StringComparison.Ordinal));
        Assert.Contains("../base.gguf", Assert.Throws<BundleException>(() => Bundle.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Research_heads_that_are_not_there_are_refused()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, inside: true);
        Assert.Contains("heads.research", Assert.Throws<BundleException>(() => Bundle.Open(folder.Path, research: true)).Message, StringComparison.Ordinal);
    }

    private static void Write(string folder, bool inside)
    {
        string weights = Path.Combine(folder, "base.gguf"), heads = Path.Combine(folder, "heads.safetensors");
        File.WriteAllText(weights, "not a real model");
        HeadFileTests.Some().Write(heads);
        var nothing = new ScoreDecision(0.01, 0.95, new Dictionary<string, double>(), null, 0.05);
        var manifest = new BundleManifest
        {
            Name = "some",
            Version = "3",
            Base = new BaseWeights(inside, [new BundleFile("base.gguf", Hash(weights), 16)], "somewhere", "some licence"),
            Dtypes = ["float32"],
            Features = new FeatureSettings(FeatureLayout.Version, [1, 2], 8, 100, false),
            Heads = new HeadFiles(new BundleFile("heads.safetensors", Hash(heads), new FileInfo(heads).Length)),
            Decisions = new DecisionSettings(50, nothing, nothing, nothing, new Dictionary<string, double>()),
        };
        File.WriteAllText(Path.Combine(folder, BundleManifest.FileName), manifest.ToJson());
    }

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
