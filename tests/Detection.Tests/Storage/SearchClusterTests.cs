using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Detection.Storage;
using Detection.Storage.Elasticsearch;

namespace Detection.Tests.Storage;

/// <summary>What the store does about servers that are down, busy or refuse; they are played by a few lines here.</summary>
public sealed class SearchClusterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_is_down_is_named_without_secrets()
    {
        var address = FreeAddress();
        await using var store = new ElasticsearchVerdictStore(new ElasticsearchStoreOptions { Nodes = [address], Username = "u", Password = "hunter2" }, TimeProvider.System);
        var down = await Assert.ThrowsAsync<StoreException>(() => store.OpenAsync(Cancellation));
        Assert.Equal(StoreFault.Unavailable, down.Fault);
        Assert.Contains(address.Authority, down.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", down.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_back_is_used_at_once()
    {
        var address = FreeAddress();
        using var metrics = new StoreMetrics("test");
        using var cluster = new SearchCluster(new ElasticsearchStoreOptions { Nodes = [address] }, metrics);
        for (int i = 0; i < 5; i++) await Assert.ThrowsAsync<StoreException>(() => cluster.GetAsync("/", Cancellation));
        using var server = new PlayedServer((_, _) => "{}", address);
        Assert.Equal(200, (await cluster.GetAsync("/", Cancellation)).Status);
    }

    [Fact]
    public async Task A_node_is_trusted_by_the_authority_given_and_only_under_its_name()
    {
        using var server = new PlayedTlsServer("localhost");
        using var stranger = new PlayedTlsServer("localhost");
        Assert.Equal(200, await AskAsync("localhost", server.Authority));
        Assert.Equal(0, await AskAsync("localhost", stranger.Authority));
        Assert.Equal(0, await AskAsync("localhost", null));
        Assert.Equal(0, await AskAsync("127.0.0.1", server.Authority));

        async Task<int> AskAsync(string host, string? authority)
        {
            using var metrics = new StoreMetrics("test");
            using var cluster = new SearchCluster(new ElasticsearchStoreOptions { Nodes = [new Uri($"https://{host}:{server.Port}")], CertificateAuthority = authority }, metrics);
            try { return (await cluster.GetAsync("/", Cancellation)).Status; }
            catch (StoreException refused) { Assert.Equal(StoreFault.Unavailable, refused.Fault); return 0; }
        }
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_and_another_node_takes_the_place_of_one_that_is_down()
    {
        int asked = 0;
        using var busy = new PlayedServer((request, response) =>
        {
            response.Headers["Retry-After"] = "0";
            response.StatusCode = Interlocked.Increment(ref asked) < 3 ? 429 : 200;
            return response.StatusCode == 200 ? """{"hits":{"total":{"value":0},"hits":[]}}""" : "{}";
        });
        using var metrics = new StoreMetrics("test");
        using var cluster = new SearchCluster(new ElasticsearchStoreOptions { Nodes = [new Uri("http://127.0.0.1:1"), busy.Address] }, metrics);
        Assert.Equal(200, (await cluster.GetAsync("/x/_search", Cancellation)).Status);
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData(401, "{}", StoreFault.Unavailable, "credentials")]
    [InlineData(403, """{"error":{"type":"security_exception","reason":"secret words"}}""", StoreFault.Unavailable, "security_exception")]
    [InlineData(500, """{"error":{"type":"i_o_exception","reason":"No space left on device"}}""", StoreFault.Full, "room")]
    [InlineData(400, """{"error":{"type":"parsing_exception","reason":"secret words"}}""", StoreFault.Unavailable, "parsing_exception")]
    [InlineData(502, "<html>secret words</html>", StoreFault.Unavailable, "502")]
    public async Task Errors_are_named_and_content_is_not_repeated(int status, string body, StoreFault fault, string words)
    {
        using var server = new PlayedServer((_, response) => { response.StatusCode = status; return body; });
        using var metrics = new StoreMetrics("test");
        using var cluster = new SearchCluster(new ElasticsearchStoreOptions { Nodes = [server.Address] }, metrics);
        var refused = await Assert.ThrowsAsync<StoreException>(() => cluster.PostAsync("/x/_search", null, Cancellation));
        Assert.Equal(fault, refused.Fault);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Contains(server.Address.Authority, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_go_with_every_request()
    {
        List<string?> seen = [];
        using var server = new PlayedServer((request, _) => { seen.Add(request.Headers["Authorization"]); return "{}"; });
        using var metrics = new StoreMetrics("test");
        using (var key = new SearchCluster(new ElasticsearchStoreOptions { Nodes = [server.Address], ApiKey = "aWQ6a2V5", Username = "u", Password = "p" }, metrics)) await key.GetAsync("/", Cancellation);
        using (var user = new SearchCluster(new ElasticsearchStoreOptions { Nodes = [server.Address], Username = "u", Password = "p" }, metrics)) await user.GetAsync("/", Cancellation);
        Assert.Equal(["ApiKey aWQ6a2V5", "Basic dTpw"], seen);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var options = new ElasticsearchStoreOptions { Nodes = [new Uri("http://localhost:9200")] };
        Refuses(options with { Nodes = [] }, "Nodes");
        Refuses(options with { Nodes = [new Uri("ftp://localhost")] }, "Nodes");
        Refuses(options with { Nodes = [new Uri("http://u:p@localhost")] }, "Nodes");
        Refuses(options with { Prefix = "A b" }, "Prefix");
        Refuses(options with { BulkDocuments = 0 }, "BulkDocuments");
        Refuses(options with { CertificateAuthority = "/none/ca.pem" }, "CertificateAuthority");

        static void Refuses(ElasticsearchStoreOptions options, string name) =>
            Assert.Contains(name, Assert.Throws<ValidationException>(() => new ElasticsearchVerdictStore(options, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    private static Uri FreeAddress()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)port.LocalEndpoint).Port}");
    }

    /// <summary>Answers everything with an empty object, over TLS with a certificate that its own authority signed.</summary>
    private sealed class PlayedTlsServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Certificates _certificates;
        private readonly X509Certificate2 _certificate;

        public PlayedTlsServer(string host)
        {
            _certificates = new Certificates(host);
            using var pem = X509Certificate2.CreateFromPemFile(_certificates.Server);
            _certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
            _listener.Start();
            _ = Task.Run(AcceptAsync);
        }

        /// <summary>File of the authority that signed its certificate.</summary>
        public string Authority => _certificates.Authority;

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose()
        {
            _listener.Dispose();
            _certificate.Dispose();
            _certificates.Dispose();
        }

        private async Task AcceptAsync()
        {
            while (true)
                try
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await using var stream = new SslStream(client.GetStream());
                    await stream.AuthenticateAsServerAsync(_certificate);
                    _ = await stream.ReadAsync(new byte[16 << 10]);
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"u8.ToArray());
                }
                catch (Exception refused) when (refused is IOException or AuthenticationException) { }
                catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or InvalidOperationException) { return; }
        }
    }

    /// <summary>A server of a few lines, on a free port.</summary>
    private sealed class PlayedServer : IDisposable
    {
        private readonly HttpListener _listener = new();

        public PlayedServer(Func<HttpListenerRequest, HttpListenerResponse, string> answer, Uri? address = null)
        {
            Address = address ?? FreeAddress();
            _listener.Prefixes.Add(Address + "");
            _listener.Start();
            _ = Task.Run(async () =>
            {
                while (_listener.IsListening)
                {
                    HttpListenerContext context;
                    try { context = await _listener.GetContextAsync(); }
                    catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException) { return; }
                    string text = answer(context.Request, context.Response);
                    context.Response.ContentType = text.StartsWith('{') ? "application/json" : "text/html";
                    byte[] body = System.Text.Encoding.UTF8.GetBytes(text);
                    await context.Response.OutputStream.WriteAsync(body);
                    context.Response.Close();
                }
            });
        }

        public Uri Address { get; }

        public void Dispose() => _listener.Close();
    }
}
