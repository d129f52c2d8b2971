using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Detection.ServiceDefaults;
using Detection.Streaming;
using Detection.Streaming.Kafka;
using Microsoft.Extensions.Configuration;

namespace Detection.Tests.Streaming;

/// <summary>A broker that speaks TLS alone and asks for a user: what configuration has to say, and what an operator is told where it is wrong.</summary>
public sealed class KafkaAccessTests(SecuredKafka kafka) : IClassFixture<SecuredKafka>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_publishes_and_reads_over_TLS_as_a_SCRAM_user(bool transactional)
    {
        using var data = new TemporaryFolder();
        await kafka.StartAsync();
        var options = Options(data.Path, []) with { Transactional = transactional };
        await using (var stream = await OpenAsync(options))
        {
            await stream.SendAsync(Numbered(0, 20), Cancellation);
            await CompleteAsync(stream, 19);
            await stream.DeadLetterAsync(Assert.Single(await ReceiveAsync(stream, 1)), new DeadLetterReason("x", "x"), Cancellation);
        }
        Assert.Equal(19, KafkaRecordsOf.Topic(kafka.BootstrapServers, options.Prefix + ".verdicts", 4, options.Settings).Count);
        await using var next = await OpenAsync(options);
        var letter = Assert.Single(await next.ListAsync(0, 10, Cancellation));
        Assert.Equal(1, await next.RetryAsync([letter.Id], Cancellation));
        Assert.Single(await ReceiveAsync(next, 1));
    }

    [Theory]
    [InlineData("sasl.password", "falsch!", "invalid credentials")]
    [InlineData("ssl.ca.location", "(another authority)", "certificate verify failed")]
    [InlineData("bootstrap", "localhost", "certificate verify failed")]
    public async Task A_wrong_password_an_unknown_authority_and_another_hosts_certificate_are_said_do_not_spin_and_lose_nothing(string setting, string value, string reason)
    {
        using var data = new TemporaryFolder();
        await kafka.StartAsync();
        var right = Options(data.Path, []);
        await using (var stream = await OpenAsync(right))
        {
            await stream.SendAsync(Numbered(0, 10), Cancellation);
            await CompleteAsync(stream, 4);
        }

        using var others = new Certificates("127.0.0.1");
        await using var counted = new ConnectionCounter(kafka.Port);
        List<string> lines = [];
        string address = setting == "bootstrap" ? counted.Address.Replace("127.0.0.1", value, StringComparison.Ordinal) : counted.Address;
        var wrong = Options(data.Path, setting == "bootstrap" ? [] : [new(setting, setting == "ssl.ca.location" ? others.Authority : value)]) with { BootstrapServers = address, RequestTimeout = TimeSpan.FromSeconds(3) };
        long started = Stopwatch.GetTimestamp();
        await using (var refused = new KafkaStream(wrong, warn: line => { lock (lines) lines.Add(line); }))
        {
            foreach (var call in new Func<Task>[] { () => refused.OpenAsync(Cancellation), () => refused.CheckAsync(Cancellation), () => refused.CountAsync(Cancellation) })
            {
                var failure = await Assert.ThrowsAsync<StreamException>(call);
                Assert.Equal(StreamFault.Unavailable, failure.Fault);
                Assert.Contains(address, failure.Message, StringComparison.Ordinal);
                Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("falsch!", failure.ToString(), StringComparison.Ordinal);
            }
        }
        // At most three clients, each again about 100 ms after it was refused; one that spins comes back a thousand times a second.
        Assert.InRange(counted.Count, 1, 20 + (40 * Stopwatch.GetElapsedTime(started).TotalSeconds));
        lock (lines)
        {
            Assert.Contains(lines, line => line.Contains(reason, StringComparison.Ordinal));
            Assert.DoesNotContain("falsch!", string.Concat(lines), StringComparison.Ordinal);
        }

        await using var again = await OpenAsync(right);
        Assert.Equal(6, (await ReceiveAsync(again, 6)).DistinctBy(delivery => delivery.Key).Count());
    }

    [Fact]
    public async Task A_user_whose_password_is_changed_stops_says_so_and_goes_on_when_it_is_right_again()
    {
        using var data = new TemporaryFolder();
        await kafka.StartAsync();
        await using var stream = await OpenAsync(Options(data.Path, []) with { RequestTimeout = TimeSpan.FromSeconds(6) });
        await stream.SendAsync(Numbered(0, 20), Cancellation);
        HashSet<string> done = [.. await CompleteAsync(stream, 10)];

        await kafka.SetPasswordAsync("another");
        await kafka.RestartAsync();
        foreach (var call in new Func<Task>[] { () => stream.SendAsync(Numbered(20, 1), Cancellation), () => stream.CheckAsync(Cancellation) })
        {
            var failure = await Assert.ThrowsAsync<StreamException>(call);
            Assert.Contains("invalid credentials", failure.Message, StringComparison.Ordinal);
            Assert.Contains(kafka.BootstrapServers, failure.Message, StringComparison.Ordinal);
        }

        await kafka.SetPasswordAsync(SecuredKafka.Password);
        await stream.CheckAsync(Cancellation);
        await stream.SendAsync(Numbered(20, 10), Cancellation);
        while (done.Count < 30) done.UnionWith(await CompleteAsync(stream, 1));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"{i}"), done.OrderBy(int.Parse));
    }

    /// <summary>As a service reads them: every setting under <c>Detection:Kafka:Settings</c>.</summary>
    private KafkaStreamOptions Options(string data, IReadOnlyList<KeyValuePair<string, string>> changed)
    {
        Dictionary<string, string?> configured = new()
        {
            ["Detection:Stream"] = "kafka",
            ["Detection:Prefix"] = Path.GetFileName(data).ToLowerInvariant(),
            ["Detection:Kafka:BootstrapServers"] = kafka.BootstrapServers,
        };
        foreach (var (name, value) in kafka.Settings.Concat(changed)) configured["Detection:Kafka:Settings:" + name] = value;
        return ConfiguredStream.Kafka(OptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(configured).Build())) with { RequestTimeout = TimeSpan.FromSeconds(20) };
    }

    private static async Task<KafkaStream> OpenAsync(KafkaStreamOptions options)
    {
        var stream = new KafkaStream(options);
        await stream.OpenAsync(Cancellation);
        return stream;
    }

    private static async Task<IReadOnlyList<string>> CompleteAsync(KafkaStream stream, int count)
    {
        var received = await ReceiveAsync(stream, count);
        await stream.CompleteAsync([.. received.Select(delivery => new Completion(delivery, new OutgoingRecord(delivery.Key, delivery.Value, [])))], Cancellation);
        return [.. received.Select(delivery => delivery.Key!)];
    }

    private static async Task<IReadOnlyList<Delivery>> ReceiveAsync(KafkaStream stream, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        List<Delivery> received = [];
        await foreach (var delivery in stream.ReceiveAsync(patience.Token))
        {
            received.Add(delivery);
            if (received.Count == count) break;
        }
        return received;
    }

    private static OutgoingRecord[] Numbered(int from, int count) => [.. Enumerable.Range(from, count).Select(i => new OutgoingRecord($"{i}", Encoding.UTF8.GetBytes($"{i}"), []))];
}

/// <summary>A broker with one listener: TLS with a certificate of its own authority; users by SCRAM-SHA-512, the administrator by PLAIN. Started for the first test that asks.</summary>
public sealed class SecuredKafka : IAsyncDisposable
{
    public const string User = "worker", Password = "geheim";

    private readonly Certificates _certificates = new("127.0.0.1");
    private KafkaServer? _server;

    public string BootstrapServers => _server!.BootstrapServers;
    public int Port => int.Parse(BootstrapServers.Split(':')[1], null);

    /// <summary>For our clients.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["security.protocol"] = "sasl_ssl",
        ["ssl.ca.location"] = _certificates.Authority,
        ["sasl.mechanism"] = "SCRAM-SHA-512",
        ["sasl.username"] = User,
        ["sasl.password"] = Password,
    };

    public async Task StartAsync()
    {
        if (_server is not null) return;
        _server = await KafkaServer.StartAsync(
            "listener.security.protocol.map=PLAINTEXT:SASL_SSL,CONTROLLER:PLAINTEXT",
            // Else the broker speaks to itself without TLS.
            "inter.broker.listener.name=PLAINTEXT",
            "ssl.keystore.type=PEM", $"ssl.keystore.location={_certificates.Server}",
            "ssl.truststore.type=PEM", $"ssl.truststore.location={_certificates.Authority}",
            "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            "listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"admin\" password=\"inside\" user_admin=\"inside\";",
            "listener.name.plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;");
        await SetPasswordAsync(Password);
    }

    public async Task SetPasswordAsync(string password)
    {
        using var admin = new AdminClientBuilder(new Dictionary<string, string>(Settings) { ["bootstrap.servers"] = BootstrapServers, ["sasl.mechanism"] = "PLAIN", ["sasl.username"] = "admin", ["sasl.password"] = "inside" }).Build();
        await admin.AlterUserScramCredentialsAsync([new UserScramCredentialUpsertion
        {
            User = User,
            ScramCredentialInfo = new ScramCredentialInfo { Mechanism = ScramMechanism.ScramSha512, Iterations = 4096 },
            Password = Encoding.UTF8.GetBytes(password),
            Salt = Encoding.UTF8.GetBytes("a grain of salt"),
        }]);
    }

    /// <summary>Every connection is made anew, with the passwords of now.</summary>
    public async Task RestartAsync()
    {
        await _server!.KillAsync();
        await _server.RestartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _certificates.Dispose();
    }
}
