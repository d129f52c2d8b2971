using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.Tests.Learning;
using Detection.Trainer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Detection.Tests.Trainer;

[Collection(TinyBundleTests.Name)]
public sealed class TrainerTests(TrainedHost host) : IClassFixture<TrainedHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Decisions_and_samples_make_a_version_whose_figures_stand_beside_those_of_the_one_in_use()
    {
        var list = await host.ListAsync();
        Assert.Equal(("tiny", "1"), ((string?)list["name"], (string?)list["original"]));
        var figures = Assert.Single(list["versions"]!.AsArray())!;
        Assert.Equal((TrainedHost.Decided * 3, TrainedHost.Added), ((int)figures["decisionAnswers"]!, (int)figures["newSamples"]!));
        Assert.Empty(figures["missingHeads"]!.AsArray());
        Assert.Empty(figures["keptHeads"]!.AsArray());
        Assert.Equal(("1", (string?)figures["version"]), ((string?)figures["inUse"]!["version"], (string?)figures["candidate"]!["version"]));
        foreach (string side in new[] { "candidate", "inUse" })
        {
            var head = figures[side]!["synthetic"]!["files"]![0]!["synthetic"]!["columns"]!.AsArray().Single(column => (string?)column!["name"] == "head")!;
            Assert.InRange((double)head["auroc"]!, (double)head["interval"]!["low"]!, (double)head["interval"]!["high"]!);
            Assert.InRange((double)figures[side]!["spam"]!["files"]![0]!["mail"]![0]!["hamFlagged"]!["high"]!, 0.001, 1);
            Assert.NotEmpty(figures[side]!["manipulation"]!["files"]![0]!["techniques"]!["heads"]!.AsArray());
        }
        Assert.Contains("95 %", File.ReadAllText(Path.Combine(host.Versions.FolderOf(Trained(list)), "evaluation.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_new_bundle_names_decisions_and_the_origin_of_samples_and_no_half_version_is_left()
    {
        var list = await host.ListAsync();
        var training = Bundle.Open(host.Versions.FolderOf(Trained(list))).Manifest.Training;
        foreach (string source in new[] { "decisions/authorship", "decisions/mail", "decisions/techniques" })
        {
            var both = training.Where(one => one.Source == source && one is { LicenceClass: "own", Sha256.Length: 64 }).ToArray();
            Assert.Equal(["calibrates", "trains"], both.Select(one => one.Use).Order(StringComparer.Ordinal));
            Assert.Equal(TrainedHost.Decided, both.Sum(one => one.Rows));
        }
        Assert.Contains(training, one => one is { Source: "samples/machine/okapis.jsonl", Use: "trains", Rows: TrainedHost.Added, LicenceClass: "own", Sha256.Length: 64 });
        Assert.Empty(Directory.GetDirectories(host.Versions.Folder, ".*"));
    }

    [Fact]
    public async Task What_the_data_does_not_teach_stays_as_it_is_in_the_version_in_use_and_is_named()
    {
        using var folder = new TemporaryFolder();
        var options = new DetectionOptions { Data = folder.Path, Model = "tiny", Bundles = host.Options.Bundles, Trainer = new TrainerOptions { Data = [host.Options.Trainer.Data![1]] } };
        var versions = new TrainedVersions(options);
        string version = await new Retraining(host.Store, versions, options, TimeProvider.System).RunAsync(new TinyBundle.Lines([]), Cancellation);
        var figures = JsonNode.Parse(File.ReadAllText(Path.Combine(versions.FolderOf(version), "evaluation.json")))!;
        Assert.Empty(figures["missingHeads"]!.AsArray());
        Assert.Equal(["synthetic", .. TinyBundle.Techniques], figures["keptHeads"]!.AsArray().Select(head => (string)head!));
        Assert.Equal(["synthetic", "spam", "phishing", .. TinyBundle.Techniques], Bundle.Open(versions.FolderOf(version)).Heads.Heads.Heads.Select(head => head.Name));
    }

    [Fact]
    public async Task The_name_means_another_version_only_when_that_is_asked_for_and_goes_back_likewise()
    {
        var list = await host.ListAsync();
        string trained = Trained(list);
        Assert.Equal(("1", "1"), ((string?)list["champion"], InUse()));

        Assert.Equal(HttpStatusCode.NoContent, await PromoteAsync(trained));
        Assert.Equal((trained, trained), ((string?)(await host.ListAsync())["champion"], InUse()));

        Assert.Equal(HttpStatusCode.NoContent, await PromoteAsync("1"));
        Assert.Equal(("1", "1"), ((string?)(await host.ListAsync())["champion"], InUse()));
    }

    [Theory]
    [InlineData("{\"version\":\"0-0\"}", HttpStatusCode.NotFound)]
    [InlineData("{\"version\":\"../../tiny\"}", HttpStatusCode.NotFound)]
    [InlineData("{\"version\":\".\"}", HttpStatusCode.NotFound)]
    [InlineData("{\"version\":\" \"}", HttpStatusCode.BadRequest)]
    [InlineData("{}", HttpStatusCode.BadRequest)]
    public async Task A_version_that_is_none_is_refused_by_the_name_of_the_field(string body, HttpStatusCode status)
    {
        using var answer = await host.Client.PostAsync("/api/v1/models/champion", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancellation);
        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal("version", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["field"]);
        Assert.Equal("1", InUse());
    }

    [Fact]
    public async Task A_version_with_a_changed_file_is_not_promoted()
    {
        string folder = host.Versions.FolderOf(Trained(await host.ListAsync())), broken = host.Versions.FolderOf("broken");
        Directory.CreateDirectory(broken);
        foreach (string file in Directory.EnumerateFiles(folder).Where(file => !file.EndsWith("evaluation.json", StringComparison.Ordinal))) File.Copy(file, Path.Combine(broken, Path.GetFileName(file)));
        File.AppendAllText(Path.Combine(broken, "heads.safetensors"), "x");
        try
        {
            using var answer = await host.Client.PostAsJsonAsync("/api/v1/models/champion", new { version = "broken" }, Cancellation);
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Contains("heads.safetensors", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.Equal("1", InUse());
        }
        finally { Directory.Delete(broken, recursive: true); }
    }

    [Fact]
    public async Task What_a_version_learned_from_starts_no_second_training_even_after_a_restart()
    {
        Assert.Equal(TrainedHost.Decided + TrainedHost.Added, host.Versions.LearnedFrom);
        Assert.Equal(0, await host.Retraining.NewAsync(Cancellation));
        await host.DecideAsync(1_000);
        Assert.Equal(1, await host.Retraining.NewAsync(Cancellation));
        Assert.Single((await host.ListAsync())["versions"]!.AsArray());
    }

    [Fact]
    public void An_alias_that_names_a_lost_version_is_said_not_passed_over()
    {
        using var folder = new TemporaryFolder();
        var versions = new BundleVersions(folder.Path, "tiny");
        Directory.CreateDirectory(versions.Folder);
        File.WriteAllText(Path.Combine(versions.Folder, "champion"), "2\n");
        var wrong = Assert.Throws<BundleException>(() => ModelSource.Resolve("tiny", folder.Path, host.Options.Bundles!));
        Assert.Contains("'2'", wrong.Message, StringComparison.Ordinal);
        versions.Promote(null);
        Assert.Equal("1", ModelSource.Resolve("tiny", folder.Path, host.Options.Bundles!).Bundle!.Manifest.Version);
    }

    /// <summary>It was: a trainer that had nothing to do and was done before the host had started ended with a failure of the start.</summary>
    [Fact]
    public async Task A_trainer_that_looks_once_and_is_done_before_the_host_has_started_stops_it_after_the_start()
    {
        using var folder = new TemporaryFolder();
        var builder = ModerationServer.Builder(folder.Path, ("Detection:Http:Urls", "http://127.0.0.1:0"), ("Detection:Model", "tiny"), ("Detection:Bundles", host.Options.Bundles), ("Detection:Trainer:Once", "true"));
        var options = builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        builder.Services.AddTrainer(options);
        builder.Services.AddHostedService<StartsWhenTheTrainerIsDone>();
        await using var app = builder.Build();
        await app.StartAsync(Cancellation);
        await app.WaitForShutdownAsync(Cancellation);
    }

    [Fact]
    public void A_data_file_that_is_missing_stops_the_start_by_its_option() =>
        Assert.Contains("Detection:Trainer:Corpus:0: nowhere.jsonl", Assert.Throws<InvalidOptionsException>(() => host.Build(("Detection:Trainer:Corpus:0", "nowhere.jsonl"))).Message, StringComparison.Ordinal);

    private static string Trained(JsonObject list) => (string)list["versions"]![0]!["version"]!;

    /// <summary>As a detector that starts now would load it.</summary>
    private string InUse() => ModelSource.Resolve("tiny", host.Data, host.Options.Bundles!).Bundle!.Manifest.Version;

    private async Task<HttpStatusCode> PromoteAsync(string version)
    {
        using var answer = await host.Client.PostAsJsonAsync("/api/v1/models/champion", new { version }, Cancellation);
        return answer.StatusCode;
    }

    private sealed class StartsWhenTheTrainerIsDone(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => services.GetServices<IHostedService>().OfType<TrainerWorker>().Single().ExecuteTask!;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
