using System.Diagnostics;

namespace Detection.Tests;

/// <summary>A search server for the tests of a run: the one of an environment variable, else one that is started from <c>DETECTION_SHARED</c> and stopped at the end.</summary>
public abstract class SearchServer(string name) : IAsyncLifetime
{
    private const string InMemory = "/dev/shm";

    private readonly string? _given = Environment.GetEnvironmentVariable($"DETECTION_{name.ToUpperInvariant()}");
    private readonly string? _shared = Environment.GetEnvironmentVariable("DETECTION_SHARED");
    private string? _data;
    private Uri? _address;

    /// <summary>Skips the test where there is no server.</summary>
    public Uri Address
    {
        get
        {
            if (_address is null) Assert.Skip($"DETECTION_SHARED has no {name}, and DETECTION_{name.ToUpperInvariant()} names none.");
            return _address!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!string.IsNullOrEmpty(_given)) _address = new Uri(_given);
        else if (Script("start") is { } start)
        {
            // In memory where there is room: every test makes indices, and each flushes the server's state to disk several times.
            string folder = Directory.Exists(InMemory) && new DriveInfo(InMemory).AvailableFreeSpace > 2L << 30 ? InMemory : Path.GetTempPath();
            _data = Directory.CreateDirectory(Path.Combine(folder, $"detection-test-{name}-{Guid.NewGuid():N}")).FullName;
            await RunAsync(start, "--data", _data, "--heap", "512m");
            _address = new Uri($"http://127.0.0.1:{(await File.ReadAllTextAsync(Path.Combine(_data, "node1", "port"))).Trim()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_data is not null)
        {
            await RunAsync(Script("stop")!, "--data", _data, "--kill");
            Directory.Delete(_data, recursive: true);
        }
        GC.SuppressFinalize(this);
    }

    private string? Script(string verb) => string.IsNullOrEmpty(_shared) ? null : Path.Combine(_shared, "servers", name, verb) is var path && File.Exists(path) ? path : null;

    private static async Task RunAsync(string script, params string[] arguments)
    {
        // Its output goes to a file: the server outlives the script and would keep a pipe open.
        string log = Path.GetTempFileName();
        var start = new ProcessStartInfo("/bin/bash") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""log="$1"; shift; exec "$@" >"$log" 2>&1 </dev/null""");
        foreach (string argument in new[] { "bash", log, script }.Concat(arguments)) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        string output = await File.ReadAllTextAsync(log);
        File.Delete(log);
        Assert.True(process.ExitCode == 0, output);
    }
}

public sealed class ElasticsearchServer() : SearchServer("elasticsearch");

public sealed class OpenSearchServer() : SearchServer("opensearch");

[CollectionDefinition(Name)]
public sealed class WithElasticsearch : ICollectionFixture<ElasticsearchServer>
{
    public const string Name = "Elasticsearch";
}

[CollectionDefinition(Name)]
public sealed class WithOpenSearch : ICollectionFixture<OpenSearchServer>
{
    public const string Name = "OpenSearch";
}
