[assembly: AssemblyFixture(typeof(Detection.Tests.SharedKafka))]

namespace Detection.Tests;

/// <summary>A real broker of four partitions a topic in a folder of its own; stopped and gone on dispose.</summary>
internal sealed class KafkaServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly SharedServer _server;

    private KafkaServer(TemporaryFolder folder, SharedServer server) => (_folder, _server) = (folder, server);

    public string BootstrapServers => _server.Address;

    /// <param name="properties">Of the broker: <c>KEY=VALUE</c>.</param>
    public static async Task<KafkaServer> StartAsync(params IEnumerable<string> properties)
    {
        var folder = new TemporaryFolder();
        return new KafkaServer(folder, await SharedServer.StartAsync("kafka", folder.Path, ["--partitions", "4", .. properties.SelectMany(property => new[] { "--set", property })]));
    }

    /// <summary>SIGKILL, as a machine that dies.</summary>
    public Task KillAsync() => _server.KillAsync();

    /// <summary>On the same port with the same data.</summary>
    public Task RestartAsync() => _server.RestartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
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
