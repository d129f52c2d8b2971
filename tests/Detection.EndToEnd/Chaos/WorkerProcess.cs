using System.Globalization;
using System.Text.RegularExpressions;

namespace Detection.EndToEnd.Chaos;

/// <summary>A real <c>detection worker</c> that is killed and started again, with the same settings and another port each time.</summary>
internal sealed partial class WorkerProcess(string name, string data, Func<IReadOnlyDictionary<string, string>> settings, History history, string log) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Look = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly CancellationTokenSource _end = new();
    private TheProgram? _program;
    private string _url = "";
    private Task _watching = Task.CompletedTask;
    private double _consumedBefore, _consumed;

    public string Name => name;

    /// <summary>Deliveries taken in all lives, redeliveries included, as last seen before each death: a lower bound.</summary>
    public double Consumed => _consumedBefore + _consumed;

    public bool IsUp => _program is { HasExited: false };

    /// <summary>Whether it has judged messages since it was started.</summary>
    public bool IsWorking { get; private set; }

    /// <param name="port">The local port of a connection.</param>
    public bool Owns(int port) => _program is { HasExited: false } running && SocketOwner.Is(running.Id, port);

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        _url = TheProgram.FreeUrl();
        _program = TheProgram.Start(data, ["worker"], new Dictionary<string, string>(settings()) { ["Detection__Http__Urls"] = _url });
        await _program.ReadyAsync(_url, Patience);
        history.Add(HistoryKind.Up, name);
        _watching = WatchAsync(_program, _url);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(string when)
    {
        history.Add(HistoryKind.Killed, name, when);
        await EndAsync();
    }

    /// <summary>SIGSTOP and SIGCONT: it stands still with everything it holds, and does not know.</summary>
    public Task PauseAsync() => _program!.SignalAsync("STOP");

    public Task ResumeAsync() => _program!.SignalAsync("CONT");

    /// <summary>What its stream says of itself, and what it said last; for people who look for why nothing moves.</summary>
    public async Task<string> StateAsync()
    {
        if (_program is not { } program) return $"{name} is down";
        string metrics = await _http.GetStringAsync(_url + "/metrics", CancellationToken.None), ready = await (await _http.GetAsync(_url + "/health/ready", CancellationToken.None)).Content.ReadAsStringAsync(CancellationToken.None);
        return string.Join('\n', [name, ready, .. metrics.Split('\n').Where(line => line.StartsWith("detection_stream", StringComparison.Ordinal) || line.StartsWith("messaging_kafka", StringComparison.Ordinal)),
            .. program.Error.Split('\n').Where(line => !line.Contains("Dead letter", StringComparison.Ordinal)).TakeLast(12)]);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await EndAsync();
        _end.Dispose();
        _http.Dispose();
    }

    private async Task EndAsync()
    {
        if (_program is null) return;
        await _program.KillAsync();
        await _watching;
        await File.AppendAllTextAsync(log, $"{_program.Output}{_program.Error}", CancellationToken.None);
        await _program.DisposeAsync();
        _program = null;
        IsWorking = false;
        _consumedBefore += _consumed;
        _consumed = 0;
    }

    private async Task WatchAsync(TheProgram program, string url)
    {
        while (!program.HasExited)
        {
            try
            {
                string metrics = await _http.GetStringAsync(url + "/metrics", _end.Token);
                _consumed = Math.Max(_consumed, Sum(ConsumedLine(), metrics));
                IsWorking = Sum(JudgedLine(), metrics) > 0;
            }
            catch (Exception down) when (down is HttpRequestException or OperationCanceledException) { }
            await Task.Delay(Look, CancellationToken.None);
        }
    }

    private static double Sum(Regex lines, string metrics) => lines.Matches(metrics).Sum(line => double.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^messaging_client_consumed_messages\S*\{.*\} (\d+)", RegexOptions.Multiline)]
    private static partial Regex ConsumedLine();

    [GeneratedRegex(@"^detection_messages_judged\S*\{.*\} (\d+)", RegexOptions.Multiline)]
    private static partial Regex JudgedLine();
}
