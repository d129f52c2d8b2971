using System.Globalization;

namespace Detection.EndToEnd.Chaos;

/// <summary>Kafka and a search server on folders of their own, each behind a proxy; several brokers stand without one, since each would tell clients its own address.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly List<IAsyncDisposable> _parts = [];

    private ChaosCluster() { }

    public SharedServer Kafka { get; private set; } = null!;

    public SharedServer Search { get; private set; } = null!;

    /// <summary>Null where there are several brokers.</summary>
    public FaultProxy? KafkaProxy { get; private set; }

    public FaultProxy SearchProxy { get; private set; } = null!;

    public KafkaProbe Stream { get; private set; } = null!;

    public ElasticsearchProbe Store { get; private set; } = null!;

    /// <param name="searchData">Folder of the search server; null: one of its own.</param>
    public static async Task<ChaosCluster> StartAsync(bool transactional = false, int brokers = 1, string search = "elasticsearch", string? searchData = null)
    {
        var cluster = new ChaosCluster();
        try
        {
            // One after the other: started at one instant, both scripts may draw the same free port.
            await cluster.StartKafkaAsync(brokers);
            await cluster.StartSearchAsync(search, searchData);
            cluster.Stream = cluster.Own(await KafkaProbe.OpenAsync(cluster.Kafka.Address, transactional));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the brokers said since they were started last, beside the run's history.</summary>
    public void KeepBrokerLogs(string name)
    {
        foreach (string node in Directory.GetDirectories(_data.File("kafka"), "node*"))
            if (Path.Combine(node, "server.log") is var log && File.Exists(log)) File.Copy(log, Path.Combine(ChaosSummary.Folder, $"{name}.broker-{Path.GetFileName(node)["node".Length..]}.log"), overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts)) await part.DisposeAsync();
        _data.Dispose();
    }

    private async Task StartKafkaAsync(int brokers)
    {
        string data = Directory.CreateDirectory(_data.File("kafka")).FullName;
        if (brokers > 1)
        {
            Kafka = Own(await SharedServer.StartAsync("kafka", data, "--nodes", brokers.ToString(CultureInfo.InvariantCulture)));
            return;
        }
        int port = TheProgram.FreePort();
        KafkaProxy = Own(new FaultProxy(port, () => new KafkaExchange()));
        Kafka = Own(await SharedServer.StartAsync("kafka", data, "--port", $"{port}", "--set", $"advertised.listeners=PLAINTEXT://127.0.0.1:{KafkaProxy.Port}"));
    }

    private async Task StartSearchAsync(string kind, string? data)
    {
        Search = Own(await SharedServer.StartAsync(kind, data ?? Directory.CreateDirectory(_data.File(kind)).FullName));
        SearchProxy = Own(new FaultProxy(new Uri(Search.Address).Port, () => new HttpExchange()));
        Store = Own(new ElasticsearchProbe(Search.Address, $"http://127.0.0.1:{SearchProxy.Port}"));
    }

    private T Own<T>(T part) where T : IAsyncDisposable
    {
        lock (_parts) _parts.Add(part);
        return part;
    }
}
