using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Detection.EndToEnd;

/// <summary>A real <c>detection</c> process with a data folder of its own, as a user starts it.</summary>
internal sealed class TheProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new(), _error = new();
    private static int _drawn = Random.Shared.Next(10_000);

    private TheProgram(Process process) => _process = process;

    public int Id => _process.Id;
    public string Output { get { lock (_output) return _output.ToString(); } }
    public string Error { get { lock (_error) return _error.ToString(); } }
    public bool HasExited => _process.HasExited;

    /// <param name="data">The data folder; other settings by <paramref name="settings"/>, as environment variables.</param>
    public static TheProgram Start(string data, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? settings = null, byte[]? input = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = data,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Detection.Standalone.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["Detection__Data"] = data;
        foreach (var (name, value) in settings ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var program = new TheProgram(new Process { StartInfo = start });
        program._process.OutputDataReceived += (_, line) => Append(program._output, line.Data);
        program._process.ErrorDataReceived += (_, line) => Append(program._error, line.Data);
        program._process.Start();
        program._process.BeginOutputReadLine();
        program._process.BeginErrorReadLine();
        if (input is not null) program._process.StandardInput.BaseStream.Write(input);
        program._process.StandardInput.Close();
        return program;
    }

    /// <summary>Waits for the end; the exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience);
        try { await _process.WaitForExitAsync(limit.Token); }
        catch (OperationCanceledException) { Assert.Fail($"The program did not end within {patience}.\n{Error}"); }
        return _process.ExitCode;
    }

    /// <summary>Waits until the host says that it is ready.</summary>
    public async Task ReadyAsync(string url, TimeSpan patience)
    {
        using var http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(5) };
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < patience)
        {
            if (HasExited) Assert.Fail($"The program ended with {_process.ExitCode}.\n{Output}\n{Error}");
            try
            {
                using var answer = await http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) { }
            catch (TaskCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested) { }
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"The program was not ready within {patience}.\n{Error}");
    }

    /// <summary>SIGTERM, as a service manager stops a program.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <param name="signal">Without SIG, for example <c>STOP</c>.</param>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public static string FreeUrl() => $"http://127.0.0.1:{FreePort()}";

    /// <summary>Never the same twice, and below what the system gives to outgoing connections, which could take it before the program does.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = 10_000 + (int)((uint)Interlocked.Increment(ref _drawn) % 10_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException) { }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited) await KillAsync();
        _process.Dispose();
    }

    private static void Append(StringBuilder to, string? line)
    {
        if (line is null) return;
        lock (to) to.AppendLine(line);
    }
}
