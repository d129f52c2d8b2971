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
}
