using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Detection.EndToEnd;

/// <summary>
/// The processes of <c>docker-compose.yml</c>, started as the file says: the same commands, the same environment, secrets as files, against a real broker with SASL and a real
/// store. Only addresses, ports and the places of files are others; there is no Docker engine in it.
/// </summary>
public sealed class ComposeTests
{
    private const string User = "detection", Password = "correct-horse-battery";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly IReadOnlyDictionary<string, ComposeService> _services = ComposeFile.Read(Path.Combine(Repository.Root, "docker-compose.yml"));

    [Fact]
    public async Task A_message_sent_to_the_services_of_the_compose_file_is_seen_through_moderation()
    {
        using var folder = new TemporaryFolder();
        await using var kafka = await SharedServer.StartAsync("kafka", Directory.CreateDirectory(folder.File("kafka")).FullName, Sasl);
        await using var store = await SharedServer.StartAsync("elasticsearch", Directory.CreateDirectory(folder.File("elasticsearch")).FullName);
        string brokers = kafka.Address, node = store.Address;
        string key = await WriteSecretsAsync(folder);

        foreach (string line in Assert.Single(_services["setup"].Command).Split("&&"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("detection", words[0]);
            await RunAsync(folder, "setup", words[1..], brokers, node);
        }
        string detectorUrl = TheProgram.FreeUrl(), moderationUrl = TheProgram.FreeUrl(), trainerUrl = TheProgram.FreeUrl();
        await using var detector = Start(folder, "detector", _services["detector"].Command, brokers, node, detectorUrl);
        await using var moderation = Start(folder, "moderation", _services["moderation"].Command, brokers, node, moderationUrl);
        await using var trainer = Start(folder, "trainer", _services["trainer"].Command, brokers, node, trainerUrl);
        await detector.ReadyAsync(detectorUrl, Patience);
        await moderation.ReadyAsync(moderationUrl, Patience);
        await trainer.ReadyAsync(trainerUrl, Patience);

        await RunAsync(folder, "detector", ["send", "-"], brokers, node, """{"id":"compose-1","text":"Confirm your card within 24 hours: http://parcel.example/pay","channel":"sms"}""" + "\n");

        using var http = new HttpClient { BaseAddress = new Uri(moderationUrl) };
        using (var open = await http.GetAsync("/api/v1/verdicts", Cancellation)) Assert.Equal(HttpStatusCode.Unauthorized, open.StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var verdict = await SeenAsync(http, "compose-1", detector);
        Assert.Equal("sms", verdict.GetProperty("channel").GetString());
        Assert.Contains("Confirm your card", verdict.GetProperty("message").GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("detector")]
    [InlineData("moderation")]
    [InlineData("trainer")]
    public async Task Without_the_files_of_who_may_ask_a_service_that_others_can_reach_does_not_start(string service)
    {
        using var folder = new TemporaryFolder();
        await WriteFilesAsync(folder);
        var environment = Environment(folder, service, "127.0.0.1:1", "http://127.0.0.1:1", TheProgram.FreeUrl());
        environment["Detection__Auth__KeysFile"] = "";
        environment["Detection__Auth__UsersFile"] = "";
        await using var program = TheProgram.Start(folder.Path, _services[service].Command, environment);
        Assert.Equal(2, await program.ExitAsync(Patience));
        Assert.Contains("authentication", program.Error, StringComparison.Ordinal);
    }

    /// <summary>As the service of the file would be: its environment, with the servers and folders of this test in place of the names of the network and the paths of the container.</summary>
    private Dictionary<string, string> Environment(TemporaryFolder folder, string service, string brokers, string node, string url = "http://127.0.0.1:0")
    {
        string data = Directory.CreateDirectory(folder.File("data-" + service)).FullName, port = new Uri(url).Port.ToString(CultureInfo.InvariantCulture);
        return _services[service].Environment.ToDictionary(entry => entry.Key, entry => entry.Value switch
        {
            "kafka:9092" => brokers,
            "http://search:9200" => node,
            "/data" => data,
            "http://0.0.0.0:5080" => "http://0.0.0.0:" + port,
            ['/', 'r', 'u', 'n', '/', ..] path => folder.Path + path,
            var value => value,
        });
    }

    private TheProgram Start(TemporaryFolder folder, string service, IReadOnlyList<string> command, string brokers, string node, string url) =>
        TheProgram.Start(folder.Path, command, Environment(folder, service, brokers, node, url));

    private async Task RunAsync(TemporaryFolder folder, string service, string[] command, string brokers, string node, string? input = null)
    {
        await using var program = TheProgram.Start(folder.Path, command, Environment(folder, service, brokers, node), input is null ? null : Encoding.UTF8.GetBytes(input));
        int code = await program.ExitAsync(Patience);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {code}\n{program.Output}\n{program.Error}");
    }

    /// <summary>Every secret that a service of ours is given lies where the file mounts it; keys and accounts are made by the program.</summary>
    /// <returns>A key that may do everything.</returns>
    private async Task<string> WriteSecretsAsync(TemporaryFolder folder)
    {
        await WriteFilesAsync(folder);
        string auth = folder.Path + "/run/auth";
        await using var keys = TheProgram.Start(folder.Path, ["keys", "add", "--name", "test", "--scope", "admin", "--file", auth + "/keys.json"]);
        Assert.True(await keys.ExitAsync(Patience) == 0, keys.Error);
        await using var users = TheProgram.Start(folder.Path, ["users", "add", "ada", "--file", auth + "/users.json"], input: Encoding.UTF8.GetBytes(Password + "\n"));
        Assert.True(await users.ExitAsync(Patience) == 0, users.Error);
        return keys.Output.Trim();
    }

    private async Task WriteFilesAsync(TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder.Path + "/run/auth");
        Directory.CreateDirectory(folder.Path + "/run/secrets");
        foreach (var (path, name) in new[] { "setup", "detector", "moderation", "trainer" }.SelectMany(service => _services[service].Secrets).DistinctBy(secret => secret.Key))
            if (name is not ("keys" or "users")) await File.WriteAllTextAsync(folder.Path + path, name.EndsWith("_username", StringComparison.Ordinal) ? User : Password, Cancellation);
    }

    private static async Task<JsonElement> SeenAsync(HttpClient http, string messageId, TheProgram detector)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Patience; await Task.Delay(200, Cancellation))
        {
            using var list = JsonDocument.Parse(await http.GetStringAsync("/api/v1/verdicts", Cancellation));
            foreach (var item in list.RootElement.GetProperty("items").EnumerateArray())
                if (item.GetProperty("verdict").GetProperty("messageId").GetString() == messageId) return item.GetProperty("verdict").Clone();
        }
        Assert.Fail($"{messageId} was not seen within {Patience}.\n{detector.Error}");
        return default;
    }

    /// <summary>The listener of the shared broker asks for a user, as the one of the compose file does.</summary>
    private static readonly string[] Sasl =
    [
        "--set", "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "--set", "inter.broker.listener.name=PLAINTEXT",
        "--set", "sasl.enabled.mechanisms=PLAIN",
        "--set", "sasl.mechanism.inter.broker.protocol=PLAIN",
        "--set", $"listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\" password=\"{Password}\" user_broker=\"{Password}\" user_{User}=\"{Password}\";",
    ];
}
