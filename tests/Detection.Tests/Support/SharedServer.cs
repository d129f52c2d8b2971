using System.Diagnostics;

namespace Detection.Tests;

/// <summary>A server of <c>DETECTION_SHARED</c>, started by its script in a folder of its own, killed and brought back there, stopped at the end. Skips the calling test where there are none.</summary>
internal sealed class SharedServer : IAsyncDisposable
{
    private readonly string _scripts, _data;
    private readonly string[] _arguments;

    private SharedServer(string scripts, string data, string[] arguments) => (_scripts, _data, _arguments) = (scripts, data, arguments);

    /// <summary>Brokers as <c>host:port,…</c>, or the URL of a search server.</summary>
    public string Address { get; private set; } = "";

    /// <param name="kind"><c>kafka</c>, <c>elasticsearch</c> or <c>opensearch</c>.</param>
    /// <param name="data">An empty folder that outlives the server.</param>
    public static async Task<SharedServer> StartAsync(string kind, string data, params string[] arguments)
    {
        var server = new SharedServer(Repository.Shared("servers", kind), data, arguments);
        await server.ServeAsync(arguments);
        server.Address = kind == "kafka"
            ? File.ReadLines(Path.Combine(data, "cluster")).First(line => line.StartsWith("brokers=", StringComparison.Ordinal))["brokers=".Length..]
            : $"http://127.0.0.1:{(await File.ReadAllTextAsync(Path.Combine(data, "node1", "port"))).Trim()}";
        return server;
    }

    /// <param name="node">A broker of several, from 1; null: all.</param>
    public Task KillAsync(int? node = null) => ScriptAsync("stop", [.. Node(node), "--kill"]);

    /// <summary>Returns when it serves again what it had.</summary>
    public Task RestartAsync(int? node = null) => ServeAsync(node is null ? _arguments.Contains("--nodes") ? [] : _arguments : Node(node));

    public async ValueTask DisposeAsync() => await ScriptAsync("stop", ["--kill"]);

    /// <summary>The script gives a server 90 s; on a busy machine a first start or the replay of a log may need more, and what was done stays done.</summary>
    private async Task ServeAsync(string[] arguments)
    {
        for (int left = 3; !await RunAsync("start", arguments); left--) Assert.True(left > 0, await LogAsync("start"));
    }

    private static string[] Node(int? node) => node is { } one ? ["--node", $"{one}"] : [];

    private async Task ScriptAsync(string script, string[] arguments) => Assert.True(await RunAsync(script, arguments), await LogAsync(script));

    private async Task<bool> RunAsync(string script, string[] arguments)
    {
        // To a file: the servers inherit it, and a pipe would stay open as long as they live.
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$0\" \"$@\" >>\"$SCRIPT_LOG\" 2>&1", Path.Combine(_scripts, script), "--data", _data, .. arguments]);
        start.Environment["SCRIPT_LOG"] = LogOf(script);
        start.Environment.TryAdd("SERVERS_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }

    private async Task<string> LogAsync(string script) => $"{script} of {_scripts}: {await File.ReadAllTextAsync(LogOf(script), CancellationToken.None)}";

    private string LogOf(string script) => Path.Combine(_data, script + ".log");
}
