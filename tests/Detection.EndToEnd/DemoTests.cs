using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Detection.EndToEnd;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_judges_every_sample_prints_a_summary_and_ends()
    {
        using var data = new TemporaryFolder();
        await using var demo = TheProgram.Start(data.Path, ["demo", "--once"], new Dictionary<string, string> { ["Detection__Http__Urls"] = TheProgram.FreeUrl() });
        int code = await demo.ExitAsync(TimeSpan.FromMinutes(5));
        Assert.True(code == 0, demo.Error);
        var counts = Regex.Match(demo.Output, @"allow (\d+)\s+review (\d+)\s+hold (\d+)");
        Assert.True(counts.Success, demo.Output);
        int samples = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "samples", "stream.jsonl")).Count();
        Assert.Equal(samples, counts.Groups.Values.Skip(1).Sum(group => int.Parse(group.Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Contains("The most suspicious:", demo.Output, StringComparison.Ordinal);
        Assert.Matches(@"messages/s, \d+ tokens/s", demo.Output);
        Assert.Contains($"Store: {data.File("demo")}", demo.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(data.File("demo/verdicts.db")));
    }

    [Fact]
    public async Task A_taken_port_is_named_and_the_next_free_one_is_used()
    {
        using var data = new TemporaryFolder();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        string url = $"http://{taken.LocalEndpoint}";
        await using var demo = TheProgram.Start(data.Path, ["demo", "--once"], new Dictionary<string, string> { ["Detection__Http__Urls"] = url });
        int code = await demo.ExitAsync(TimeSpan.FromMinutes(5));
        Assert.True(code == 0, demo.Error);
        Assert.Contains($"{url} is taken; using http://127.0.0.1:", demo.Error, StringComparison.Ordinal);
    }

    [Fact] // Kestrel's own handler took the signal and nobody told the demo
    public async Task A_demo_that_shows_its_dashboard_ends_when_it_is_terminated()
    {
        using var data = new TemporaryFolder();
        await using var demo = TheProgram.Start(data.Path, ["demo", "--pace", "0"], new Dictionary<string, string> { ["Detection__Http__Urls"] = TheProgram.FreeUrl() });
        for (var waited = Stopwatch.StartNew(); !demo.Error.Contains("until Ctrl-C", StringComparison.Ordinal); await Task.Delay(100, TestContext.Current.CancellationToken))
            Assert.True(!demo.HasExited && waited.Elapsed < TimeSpan.FromMinutes(5), demo.Error);
        await demo.TerminateAsync();
        Assert.Equal(0, await demo.ExitAsync(TimeSpan.FromMinutes(1)));
    }
}
