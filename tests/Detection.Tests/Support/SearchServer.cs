namespace Detection.Tests;

/// <summary>A search server for the tests of a run: the one of an environment variable, else one that is started from <c>DETECTION_SHARED</c> and stopped at the end.</summary>
public abstract class SearchServer(string name) : IAsyncLifetime
{
    private const string InMemory = "/dev/shm";

    private readonly string? _given = Environment.GetEnvironmentVariable($"DETECTION_{name.ToUpperInvariant()}");
    private string? _data;
    private SharedServer? _server;
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
        else if (Environment.GetEnvironmentVariable("DETECTION_SHARED") is { Length: > 0 } shared && Directory.Exists(Path.Combine(shared, "servers", name)))
        {
            // In memory where there is room: every test makes indices, and each flushes the server's state to disk several times.
            string folder = Directory.Exists(InMemory) && new DriveInfo(InMemory).AvailableFreeSpace > 2L << 30 ? InMemory : Path.GetTempPath();
            _data = Directory.CreateDirectory(Path.Combine(folder, $"detection-test-{name}-{Guid.NewGuid():N}")).FullName;
            _server = await SharedServer.StartAsync(name, _data, "--heap", "512m");
            _address = new Uri(_server.Address);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_data is not null) Directory.Delete(_data, recursive: true);
        GC.SuppressFinalize(this);
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
