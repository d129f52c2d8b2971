using System.Text;
using System.Text.Json;
using Detection.Streaming;
using Detection.Streaming.Embedded;
using Detection.Streaming.Kafka;

namespace Detection.EndToEnd;

/// <summary>The commands that speak to a stream, as processes: <c>topics</c>, <c>send</c>, <c>dead-letters</c>.</summary>
public sealed class KafkaCommandTests(SharedKafka kafka)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Topics_are_made_messages_are_sent_and_a_dead_letter_is_listed_shown_and_retried()
    {
        using var data = new TemporaryFolder();
        var settings = await SettingsAsync(data.Path);
        var missing = await RunAsync(data.Path, settings, "topics check");
        Assert.Equal(1, missing.Code);
        Assert.Contains(".messages does not exist.", missing.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(data.Path, settings, "topics create --partitions 2")).Code);
        using var differs = JsonDocument.Parse((await RunAsync(data.Path, settings, "topics check --partitions 3 --json")).Output);
        Assert.Equal(3, differs.RootElement.GetProperty("differences").GetArrayLength());

        byte[] mail = Encoding.ASCII.GetBytes("From: a@example.org\r\nSubject: s\r\nMessage-ID: <m1@example.org>\r\n\r\nA mail that is sent as it is.\r\n");
        await File.WriteAllBytesAsync(data.File("one.eml"), mail, Cancellation);
        var sent = await RunAsync(data.Path, settings, "send one.eml -", """
            {"id":"j1","text":"first", "own":1}
            {"nothing":1}

            """);
        Assert.Equal(2, sent.Code);
        Assert.Contains("-:2: ", sent.Error, StringComparison.Ordinal);
        Assert.Contains("2 messages sent", sent.Error, StringComparison.Ordinal);

        await using var stream = new KafkaStream(new() { BootstrapServers = settings["Detection__Kafka__BootstrapServers"], Prefix = settings["Detection__Prefix"] });
        await stream.OpenAsync(Cancellation);
        var received = (await ReceiveAsync(stream, 2)).ToDictionary(delivery => delivery.Key!);
        Assert.Equal(mail, received["m1@example.org"].Value.ToArray());
        Assert.Equal("message/rfc822", CloudEventHeaders.Read(received["m1@example.org"])!.DataContentType);
        Assert.Equal("""{"id":"j1","text":"first", "own":1}""", Encoding.UTF8.GetString(received["j1"].Value.Span));
        Assert.Equal(("j1", "detection.message.v1"), (CloudEventHeaders.Read(received["j1"])!.Id, CloudEventHeaders.Read(received["j1"])!.Type));

        await stream.DeadLetterAsync(received["j1"], new DeadLetterReason("Test", "put aside"), Cancellation);
        using var listed = JsonDocument.Parse((await RunAsync(data.Path, settings, "dead-letters list --json")).Output);
        Assert.Equal("put aside", listed.RootElement.GetProperty("message").GetString());
        long id = listed.RootElement.GetProperty("id").GetInt64();
        Assert.Contains("\"first\"", (await RunAsync(data.Path, settings, $"dead-letters show {id}")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(data.Path, settings, $"dead-letters retry {id}")).Code);
        Assert.Equal(2, (await RunAsync(data.Path, settings, $"dead-letters retry {id}")).Code);
        await stream.CompleteAsync([received["m1@example.org"]], Cancellation);
        Assert.Equal("j1", (await ReceiveAsync(stream, 1))[0].Key);
    }

    [Fact]
    public async Task Send_fills_the_embedded_queue_where_that_is_configured()
    {
        using var data = new TemporaryFolder();
        Assert.Equal(0, (await RunAsync(data.Path, [], "send -", """{"text":"words"}""")).Code);
        await using var stream = new EmbeddedStream(new EmbeddedStreamOptions { Folder = data.Path });
        await stream.OpenAsync(Cancellation);
        var received = Assert.Single(await ReceiveAsync(stream, 1));
        Assert.StartsWith("sha256:", received.Key, StringComparison.Ordinal);
        Assert.Equal(received.Key, CloudEventHeaders.Read(received)!.Id);
    }

    [Theory]
    [InlineData("Detection__Kafka__Settings__no_such_setting", "geheim", 2, "no.such.setting")]
    [InlineData("Detection__Kafka__BootstrapServers", "127.0.0.1:1", 1, "127.0.0.1:1")]
    [InlineData("Detection__Kafka__SessionTimeout", "1.00:00:00", 2, "Detection:Kafka:SessionTimeout")]
    public async Task What_is_configured_wrong_is_named(string option, string value, int code, string names)
    {
        using var data = new TemporaryFolder();
        var ran = await RunAsync(data.Path, new() { ["Detection__Stream"] = "kafka", [option] = value }, "topics check");
        Assert.Equal((code, ""), (ran.Code, ran.Output));
        Assert.Contains(names, ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
    }

    private async Task<Dictionary<string, string>> SettingsAsync(string data) => new()
    {
        ["Detection__Stream"] = "kafka",
        ["Detection__Kafka__BootstrapServers"] = await kafka.BootstrapServersAsync(),
        ["Detection__Prefix"] = Path.GetFileName(data).ToLowerInvariant(),
    };

    private static async Task<(int Code, string Output, string Error)> RunAsync(string data, Dictionary<string, string> settings, string command, string input = "")
    {
        await using var program = TheProgram.Start(data, command.Split(' '), settings, Encoding.UTF8.GetBytes(input));
        int code = await program.ExitAsync(Patience);
        return (code, program.Output, program.Error);
    }

    private static async Task<IReadOnlyList<Delivery>> ReceiveAsync(IMessageStream stream, int count)
    {
        List<Delivery> received = [];
        await foreach (var delivery in stream.ReceiveAsync(Cancellation))
        {
            received.Add(delivery);
            if (received.Count == count) break;
        }
        return received;
    }
}
