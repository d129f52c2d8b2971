using Detection.Detector;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Storage.Sqlite;
using Detection.Tests.Learning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Detector;

/// <summary>A worker that judges by one version of a tiny bundle while the alias moves.</summary>
[Collection(TinyBundleTests.Name)]
public sealed class BundleWatcherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DetectionOptions _options;
    private readonly SqliteBundleAliases _aliases;
    private readonly FakeTimeProvider _time = new(Some.Time);
    private readonly Lines _log = new();
    private readonly LivePipeline _live;
    private readonly string _second;

    public BundleWatcherTests(TinyBundle tiny)
    {
        Copy(tiny.Bundle.Folder, "1", "1");
        _second = Copy(tiny.Bundle.Folder, "2", "2");
        _options = new DetectionOptions { Data = _folder.File("data"), Bundles = _folder.File("bundles"), Model = Path.Combine(_folder.File("bundles"), "tiny", "1"), Dtype = "float32" };
        Directory.CreateDirectory(_options.Data);
        _aliases = new SqliteBundleAliases(new VerdictStoreOptions { Folder = _options.Data });
        _live = new LivePipeline(Pipelines.Load(_options, _time, _ => { }));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_promoted_version_judges_from_the_next_batch_on()
    {
        Assert.Equal("1", Judge());
        await PointAsync("2", Sha256(_second));
        await WatchUntilAsync(() => _live.Identity.Version == "2");
        Assert.Equal("2", Judge());
        await PointAsync("1", Sha256(Path.Combine(_options.Bundles!, "tiny", "1")));
        await WatchUntilAsync(() => _live.Identity.Version == "1");
    }

    [Fact]
    public async Task Another_hash_than_the_alias_names_is_refused_and_the_version_in_use_stays()
    {
        await PointAsync("2", new string('0', 64));
        await WatchUntilAsync(() => _log.All.Any(line => line.Contains("hash", StringComparison.Ordinal)));
        Assert.Equal("1", Judge());
    }

    [Fact]
    public async Task A_version_that_is_not_here_yet_is_taken_when_it_has_come()
    {
        await PointAsync("3", "unknown");
        await WatchUntilAsync(() => _log.All.Any(line => line.Contains("version '3' is in none of", StringComparison.Ordinal)));
        Assert.Equal("1", Judge());
        await PointAsync("3", Sha256(Copy(Path.Combine(_options.Bundles!, "tiny", "1"), "3", "3")));
        await WatchUntilAsync(() => _live.Identity.Version == "3");
    }

    [Fact]
    public async Task A_version_whose_calibration_cannot_show_a_stated_budget_is_refused_and_the_version_in_use_stays()
    {
        _options.Budget.HoldIn["email"] = "1/10000";
        await PointAsync("2", Sha256(_second));
        await WatchUntilAsync(() => _log.All.Any(line => line.Contains("Detection:Budget:HoldIn:email asks for", StringComparison.Ordinal)));
        Assert.Equal("1", Judge());
    }

    [Fact]
    public async Task A_switch_of_the_first_model_keeps_the_second()
    {
        _options.Second = Copy(_second, "larger", "2", "larger");
        using var live = new LivePipeline(Pipelines.LoadForDuty(_options, _time, _ => { }));
        string before = Config(live);
        Assert.NotEqual(Config(_live), before);
        await PointAsync("2", Sha256(_second));
        await WatchUntilAsync(() => live.Identity.Version == "2", live);
        string after = Config(live);
        _options.Model = _second;
        using var restarted = new LivePipeline(Pipelines.LoadForDuty(_options, _time, _ => { }));
        Assert.NotEqual(before, after);
        Assert.Equal(Config(restarted), after);

        static string Config(LivePipeline pipeline) => Assert.Single(pipeline.Judge([Some.Message()], Cancellation)).Config;
    }

    [Fact]
    public void A_second_model_whose_calibration_cannot_show_a_stated_budget_is_refused_by_name()
    {
        (_options.Model, _options.Second) = (Path.Combine(ModelSource.Shipped, "compact"), _second);
        _options.Budget.HoldIn["email"] = "1/900";
        var refused = Assert.Throws<InvalidOptionsException>(() => Pipelines.LoadForDuty(_options, _time, _ => { }));
        Assert.Contains("tighter than tiny can show in the channel email", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _live.Dispose();
        _folder.Dispose();
    }

    private string Judge() => Assert.Single(_live.Judge([Some.Message()], Cancellation)).Bundle.Version;

    private Task PointAsync(string version, string sha256) => _aliases.SetAsync(new BundleAlias("tiny", BundleAlias.Champion, version, sha256, "test", Some.Time), expected: null, Cancellation);

    private async Task WatchUntilAsync(Func<bool> holds, LivePipeline? live = null)
    {
        using var watcher = new BundleWatcher(live ?? _live, _aliases, Options.Create(_options), _time, _log);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        await watcher.StartAsync(patience.Token);
        while (!holds())
        {
            _time.Advance(_options.BundlesEvery);
            await Task.Delay(20, patience.Token);
        }
        await watcher.StopAsync(CancellationToken.None);
    }

    private static string Sha256(string folder) => Bundle.ReadManifest(Path.Combine(folder, BundleManifest.FileName)).Sha256;

    /// <summary>The same heads under another version.</summary>
    private string Copy(string from, string folder, string version, string name = "tiny")
    {
        string to = Directory.CreateDirectory(_folder.File(Path.Combine("bundles", "tiny", folder))).FullName;
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        string manifest = Path.Combine(to, BundleManifest.FileName);
        string json = System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(manifest), "\"version\": \"[^\"]*\"", $"\"version\": \"{version}\"");
        File.WriteAllText(manifest, json.Replace("\"name\": \"tiny\"", $"\"name\": \"{name}\"", StringComparison.Ordinal));
        return to;
    }

    private sealed class Lines : ILogger<BundleWatcher>
    {
        private readonly List<string> _all = [];

        public IReadOnlyList<string> All { get { lock (_all) return [.. _all]; } }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_all) _all.Add(formatter(state, exception));
        }
    }
}
