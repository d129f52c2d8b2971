namespace Detection.EndToEnd;

/// <summary>Hosts that cannot start as they are configured: exit code 2 and a sentence on standard error.</summary>
public sealed class ErrorTests
{
    [Theory]
    [InlineData("worker", "Detection__Model", "nowhere", "nowhere: neither a file")]
    [InlineData("trainer", "Detection__Model", "nowhere", "nowhere: neither a file")]
    [InlineData("demo --once", "Detection__Model", "nowhere", "nowhere: neither a file")]
    [InlineData("serve", "Detection__Model", "nowhere", "nowhere: neither a file")]
    [InlineData("worker", "Detection__Bogus", "1", "Detection:Bogus is unknown")]
    [InlineData("moderation", "Detection__Bogus", "1", "Detection:Bogus is unknown")]
    [InlineData("trainer", "Detection__Bogus", "1", "Detection:Bogus is unknown")]
    [InlineData("demo --once", "Detection__Threads", "many", "Detection:Threads")]
    [InlineData("worker --Detection:MaxDelay=1.00:00:00", "Detection__Prefix", "detection", "Detection:MaxDelay")]
    [InlineData("worker", "Detection__Budget__HoldIn__chat", "1/100", "in the channel chat: 0 good messages are measured there and 299 would be needed")]
    [InlineData("scan -", "Detection__Budget__HoldIn__email", "1/1000000", "999,999 would be needed")]
    [InlineData("serve", "Detection__Budget__Review", "20/day", "Detection:Budget:Review is a number a day, which needs Detection:ExpectedPerDay")]
    [InlineData("dead-letters list", "Detection__Bogus", "1", "Detection:Bogus is unknown")]
    public async Task What_is_configured_wrong_is_named(string command, string option, string value, string names)
    {
        using var data = new TemporaryFolder();
        await using var program = TheProgram.Start(data.Path, command.Split(' '), new Dictionary<string, string> { [option] = value, ["Detection__Http__Urls"] = TheProgram.FreeUrl() });
        int code = await program.ExitAsync(TimeSpan.FromMinutes(2));
        Assert.True(code == 2, $"{code}: {program.Error}");
        Assert.Contains(names, program.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", program.Error, StringComparison.Ordinal);
        Assert.Equal("", program.Output);
    }
}
