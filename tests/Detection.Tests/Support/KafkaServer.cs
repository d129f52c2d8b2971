using System.Diagnostics;

[assembly: AssemblyFixture(typeof(Detection.Tests.SharedKafka))]

namespace Detection.Tests;

/// <summary>A real broker on loopback from <c>DETECTION_SHARED/servers</c>, in a folder of its own; stopped and gone on dispose.</summary>
internal sealed class KafkaServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _scripts = Repository.Shared("servers", "kafka");

    private KafkaServer() { }

    public string BootstrapServers { get; private set; } = "";

    /// <param name="arguments">For the start script, for example <c>--set</c>, <c>KEY=VALUE</c>.</param>
    public static async Task<KafkaServer> StartAsync(params string[] arguments)
    {
        var server = new KafkaServer();
        await server.RunAsync("start", ["--partitions", "4", .. arguments]);
        string cluster = await File.ReadAllTextAsync(Path.Combine(server.Data, "cluster"));
        server.BootstrapServers = cluster.Split('\n').Single(line => line.StartsWith("brokers=", StringComparison.Ordinal))["brokers=".Length..];
        return server;
    }

    /// <summary>SIGKILL, as a machine that dies.</summary>
    public Task KillAsync() => RunAsync("stop", ["--kill"]);

    /// <summary>On the same port with the same data.</summary>
    public Task StartAgainAsync() => RunAsync("start", []);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("stop", ["--kill"]);
        _folder.Dispose();
    }

    private string Data => _folder.File("kafka");

    private async Task RunAsync(string script, string[] arguments)
    {
        // To a file and not a pipe: the server inherits it and would keep a pipe open.
        string log = _folder.File(script + ".log");
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", "exec \"$0\" \"$@\" >\"$LOG\" 2>&1", Path.Combine(_scripts, script), "--data", Data, .. arguments]) { Environment = { ["LOG"] = log } })!;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"kafka/{script}: {await File.ReadAllTextAsync(log)}");
    }
}

/// <summary>One broker for all tests of a run, started for the first that asks; <c>DETECTION_KAFKA</c> names a running one instead. Every test takes topics of its own prefix.</summary>
public sealed class SharedKafka : IAsyncDisposable
{
    private readonly Lazy<Task<KafkaServer>> _server = new(() => KafkaServer.StartAsync());

    /// <summary>The calling test is skipped where there is neither.</summary>
    public async Task<string> BootstrapServersAsync() =>
        Environment.GetEnvironmentVariable("DETECTION_KAFKA") is { Length: > 0 } running ? running
        : Environment.GetEnvironmentVariable("DETECTION_SHARED") is { Length: > 0 } ? (await _server.Value).BootstrapServers
        : Skipped();

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated && _server.Value.IsCompletedSuccessfully) await (await _server.Value).DisposeAsync();
    }

    private static string Skipped()
    {
        Assert.Skip("Neither DETECTION_KAFKA names a broker nor DETECTION_SHARED a folder with one.");
        return "";
    }
}
