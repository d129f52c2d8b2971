using System.Text.Json.Nodes;
using Detection.Contracts;
using Detection.Learning.Data;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Tests.Learning;
using Detection.Trainer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Detection.Tests.Trainer;

/// <summary>The trainer's host over a data folder with decisions and new samples: it has trained one version when a test sees it.</summary>
public sealed class TrainedHost(TinyBundle tiny) : IAsyncLifetime
{
    public const int Decided = 24, Added = 12;
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    internal MemoryVerdictStore Store { get; } = new();
    internal string Data => _folder.File("data");
    internal HttpClient Client { get; private set; } = null!;
    internal DetectionOptions Options { get; private set; } = null!;
    internal Retraining Retraining => _app!.Services.GetRequiredService<Retraining>();
    internal TrainedVersions Versions => new(Options);

    public async ValueTask InitializeAsync()
    {
        Copy(tiny.Bundle.Folder, _folder.File("bundles/tiny"));
        Copy(tiny.Features, Path.Combine(Data, "features"));
        Copy(tiny.Bundle.Folder, Path.Combine(Data, "models/versions/tiny/.cut-off-by-a-kill"));
        for (int i = 0; i < Decided; i++) await DecideAsync(i);
        new NewSamples(Data, TimeProvider.System).Add(Enumerable.Range(0, Added).Select(i => new Message { Id = $"s{i}", Text = $"okapi number {i} grazes at dawn", Channel = Channel.Social }), SampleLabel.Machine, "/somewhere/okapis.jsonl", "okapi-bot");
        _app = Build();
        await _app.StartAsync();
        Client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
        while ((await ListAsync())["versions"]!.AsArray().Count == 0) await Task.Delay(50, CancellationToken.None);
    }

    internal async Task<JsonObject> ListAsync() => JsonNode.Parse(await Client.GetStringAsync("/api/v1/models/versions"))!.AsObject();

    /// <summary>A message by a machine that is ham, and tells of no prize.</summary>
    internal async Task DecideAsync(int i)
    {
        var judged = Some.JudgedMessage(Some.Message($"d{i}", $"the quagga number {i} wandered over the plain"));
        await Store.StoreAsync([judged], CancellationToken.None);
        await Store.DecideAsync(Some.Decision(judged, $"d{i}") with
        {
            Labels = new DecisionLabels(DecidedAuthor.Machine, DecidedMail.Ham, new Dictionary<string, bool> { ["reward_lure"] = false }),
        }, CancellationToken.None);
    }

    internal WebApplication Build(params (string Name, string? Value)[] more)
    {
        var files = tiny.Files.Select((file, i) => ($"Detection:Trainer:Data:{i}", (string?)file));
        var builder = ModerationServer.Builder(Data,
        [
            ("Detection:Http:Urls", "http://127.0.0.1:0"), ("Detection:Model", "tiny"), ("Detection:Bundles", _folder.File("bundles")),
            ("Detection:Trainer:Every", "00:00:01"), ("Detection:Trainer:NewDecisions", $"{Decided + Added}"), .. files, .. more,
        ]);
        Options = builder.AddServiceDefaults("test");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IVerdictStore>(Store);
        builder.Services.AddTrainer(Options);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapTrainer();
        return app;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        _folder.Dispose();
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
