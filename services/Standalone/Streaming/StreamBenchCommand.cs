using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Detection.Detector;
using Detection.ServiceDefaults;
using Detection.Storage;
using Detection.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Detection.Standalone.Streaming;

/// <summary>
/// <c>bench --stream</c>: offers messages at fixed rates to the whole path on this machine, stream, model, store, and says what it sustains and how long a message takes. On the
/// configured stream and store, under a prefix and in a folder of its own.
/// </summary>
internal sealed class StreamBenchCommand
{
    private const string Prefix = "detection-bench";
    private static readonly int[] Loads = [50, 80, 100, 150];

    private readonly Option<bool> _stream = new("--stream") { Description = "Measures the whole path, stream, model, store, under an offered rate." };
    private readonly Option<string> _scorer = new("--scorer") { DefaultValueFactory = _ => "constant", Description = "With --stream: constant (the transport alone) or model." };
    private readonly Option<int> _seconds = new("--seconds") { DefaultValueFactory = _ => 20, Description = "With --stream: length of each stage.", HelpName = "N" };
    private readonly Option<int> _bytes = new("--bytes") { DefaultValueFactory = _ => 1_024, Description = "With --stream: size of a message.", HelpName = "N" };
    private readonly Option<double> _rate = new("--rate") { Description = "With --stream: messages a second that count as capacity. Default: found by measurement.", HelpName = "N" };
    private readonly Option<string> _picture = new("--picture") { Description = "With --stream: latency over time as a picture.", HelpName = "FILE.png" };

    public StreamBenchCommand()
    {
        _scorer.AcceptOnlyFromAmong("constant", "model");
        Between(_seconds, 1, 3_600);
        Between(_bytes, 128, 1 << 20);
        Between(_rate, 0.1, 10_000_000);
    }

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _stream, _scorer, _seconds, _bytes, _rate, _picture }) command.Options.Add(option);
    }

    public bool IsAskedFor(ParseResult parsed) => parsed.GetValue(_stream);

    public async Task<int> RunAsync(ParseResult parsed, IEnumerable<KeyValuePair<string, string?>> settings, bool json, Terminal terminal, CancellationToken cancellation)
    {
        string scorer = parsed.GetValue(_scorer)!;
        await using var app = Build(settings, scorer == "model", out var options);
        try
        {
            await app.StartAsync(cancellation);
            var report = await MeasureAsync(app.Services, options, parsed, scorer, terminal, cancellation);
            await app.StopAsync(cancellation);
            if (parsed.GetValue(_picture) is { } png) LatencyPicture.Draw(report, png);
            if (json) await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(report.Fields(), JsonSerializerOptions.Web));
            else foreach (var table in report.Tables()) terminal.Screen.Write(table);
            return report.Lost == 0 && report.Stages.All(stage => stage.Dropped == 0) ? CommandLine.Done : CommandLine.Failed;
        }
        finally
        {
            await app.DisposeAsync();
            Directory.Delete(options.Data, recursive: true);
        }
    }

    private async Task<StreamBenchReport> MeasureAsync(IServiceProvider services, DetectionOptions options, ParseResult parsed, string scorer, Terminal terminal, CancellationToken cancellation)
    {
        var store = (TimedStore)services.GetRequiredService<IVerdictStore>();
        var stream = (TimedStream)services.GetRequiredService<IMessageStream>();
        var messages = new BenchMessages(parsed.GetValue(_bytes));
        using var sender = new OpenLoop(services.GetRequiredService<IMessageSink>(), messages);
        var bench = new StreamBench(stream, sender, services.GetRequiredService<TimedJudge>(), store, new ProgressLines(terminal), services.GetRequiredService<TimeProvider>());
        var length = TimeSpan.FromSeconds(parsed.GetValue(_seconds));
        var refresh = options.Store == "embedded" ? TimeSpan.Zero : options.Elasticsearch.RefreshInterval;
        // Programs that run just in time are slow at first, ours and the server: once for nothing.
        await bench.StoreAloneAsync(messages, options.Elasticsearch.BulkDocuments, length / 4, cancellation);
        double alone = await bench.StoreAloneAsync(messages, options.Elasticsearch.BulkDocuments, length / 2, cancellation);
        await Task.Delay(refresh * 2, cancellation);
        double? bulk = options.Store == "elasticsearch" ? await RawBulk.MeasureAsync(options.Elasticsearch, Prefix, length / 2, cancellation) : null;
        long before = await StoredAsync();
        double capacity = parsed.GetValue(_rate) is > 0 and var given ? given : await bench.CapacityAsync(length, cancellation);
        List<StageFigures> stages = [];
        foreach (int load in Loads)
        {
            var stage = await bench.StageAsync(string.Create(CultureInfo.InvariantCulture, $"{load} %"), capacity * load / 100, length, cancellation);
            stages.Add(stage with { Predicted = StagePrediction.Of(stage.Times, stage.Offered, length, options.MaxDelay.TotalSeconds, DetectorHost.StoringLanes(options), options.Kafka.MaxInFlight) });
        }
        long lost = sender.Sent - stream.DeadLetters - (await StoredAsync() - before);
        return new StreamBenchReport(options.Stream, options.Store, scorer == "model" ? options.Model : "constant scorer", parsed.GetValue(_bytes), refresh.TotalSeconds, alone, bulk, capacity, lost, stages);

        async Task<long> StoredAsync()
        {
            await Task.Delay(refresh * 2, cancellation);
            return (await store.CountAsync(new VerdictQuery(), cancellation)).Total;
        }
    }

    /// <summary>The worker's own host, but for the judge and the watch on its stream.</summary>
    private static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> settings, bool model, out DetectionOptions options)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings);
        string data = OwnFolder(OptionsReader.Read(builder.Configuration).Data);
        builder.Configuration.AddInMemoryCollection([new("Detection:Data", data), new("Detection:Prefix", Prefix), new("Detection:Http:Urls", "http://127.0.0.1:0")]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        options = builder.AddServiceDefaults("bench");
        builder.Services.AddDetector(options, model ? null : ConstantJudge.Judge);
        Watch<IMessageStream>(builder.Services, (_, inner) => new TimedStream(inner));
        Watch<IVerdictStore>(builder.Services, (_, inner) => new TimedStore(inner));
        builder.Services.AddSingleton(provider => new TimedJudge(model ? provider.GetRequiredService<LivePipeline>().Judge : ConstantJudge.Judge));
        var maxDelay = options.MaxDelay;
        Watch<JudgingEngine>(builder.Services, (provider, _) => new JudgingEngine(provider.GetRequiredService<TimedJudge>().Judge, maxDelay, provider.GetRequiredService<TimeProvider>()));
        return builder.Build();
    }

    private static void Watch<T>(IServiceCollection services, Func<IServiceProvider, T, T> watched) where T : class
    {
        var inner = services.Last(service => service.ServiceType == typeof(T));
        services.Remove(inner);
        services.AddSingleton(provider => watched(provider, (T)inner.ImplementationFactory!(provider)));
    }

    /// <summary>In the data folder, so that the disk is the one in use; with the models and measurements that are there.</summary>
    private static string OwnFolder(string data)
    {
        string own = Directory.CreateDirectory(Path.Combine(data, "bench-" + Guid.NewGuid().ToString("N")[..8])).FullName;
        Configuration.ShareModels(data, own);
        return own;
    }

    private static void Between<T>(Option<T> option, T least, T most) where T : IComparable<T> => option.Validators.Add(result =>
    {
        if (result.Tokens.Count > 0 && (result.GetValueOrDefault<T>()!.CompareTo(least) < 0 || result.GetValueOrDefault<T>()!.CompareTo(most) > 0))
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name}: {least} to {most}."));
    });
}
