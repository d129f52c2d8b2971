using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Detection.Contracts;
using Detection.Detector;
using Detection.Ingest;
using Detection.Moderation;
using Detection.ServiceDefaults;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;
using Detection.Trainer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Detection.Tests.ServiceDefaults.Auth;

/// <summary>Every route that a host maps, as its table of endpoints has it: closed without a credential, closed to the wrong scope, open to the right one.</summary>
public sealed partial class EveryRouteTests
{
    private static readonly string[] Open = ["GET /health/live", "GET /health/ready"];
    private static readonly string[] OpenPages = ["GET /login", "POST /login", "POST /logout"];

    private static readonly Dictionary<string, string> ScopeOf = new()
    {
        ["POST /api/v1/scan"] = Scopes.Ingest,
        ["GET /api/v1/verdicts"] = Scopes.Read,
        ["GET /api/v1/verdicts/counts"] = Scopes.Read,
        ["GET /api/v1/verdicts/stream"] = Scopes.Read,
        ["GET /api/v1/verdicts/{verdictId}"] = Scopes.Read,
        ["GET /api/v1/decisions"] = Scopes.Read,
        ["POST /api/v1/decisions"] = Scopes.Decide,
        ["GET /api/v1/models/versions"] = Scopes.Read,
        ["POST /api/v1/models/champion"] = Scopes.Admin,
        ["GET /openapi/{documentName}.json"] = Scopes.Read,
        ["GET /metrics"] = Scopes.Read,
        ["GET /"] = Scopes.Read,
        ["GET /verdict/{VerdictId}"] = Scopes.Read,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("detector", new[] { "POST /api/v1/scan" })]
    [InlineData("trainer", new[] { "GET /api/v1/models/versions", "POST /api/v1/models/champion" })]
    [InlineData("moderation", new[] { "GET /api/v1/verdicts", "POST /api/v1/decisions", "GET /", "GET /openapi/{documentName}.json" })]
    [InlineData("detector moderation trainer", new[] { "POST /api/v1/scan", "GET /api/v1/verdicts", "POST /api/v1/models/champion" })]
    public async Task Without_a_credential_all_but_health_and_the_sign_in_page_is_401_and_every_other_scope_than_the_routes_is_403(string parts, string[] has)
    {
        using var files = new AccessFiles();
        var keys = Scopes.All.ToDictionary(scope => scope, scope => files.AddKey(scope));
        await using var host = await Host.StartAsync(files, parts);
        var routes = host.Routes();
        Assert.Subset(routes.Select(route => route.Name).ToHashSet(), has.ToHashSet());
        var open = new List<string>();
        foreach (var (name, method, address, policy) in routes)
        {
            if (Open.Contains(name) || (parts.Contains("moderation") && (OpenPages.Contains(name) || name.StartsWith("GET /moderation/", StringComparison.Ordinal))))
            {
                Assert.NotEqual(HttpStatusCode.Unauthorized, (await host.SendAsync(method, address, null)).StatusCode);
                open.Add(name);
                continue;
            }
            var refused = await host.SendAsync(method, address, null);
            Assert.True(refused.StatusCode == HttpStatusCode.Unauthorized, $"{name}: {refused.StatusCode}");
            Assert.Equal(("application/problem+json", "Bearer"), (refused.Content.Headers.ContentType?.MediaType, refused.Headers.WwwAuthenticate.ToString()));
            if (ScopeOf.TryGetValue(name, out string? expected)) Assert.True(policy == expected, $"{name}: {policy}");
            foreach (string scope in Scopes.All)
            {
                using var answer = await host.SendAsync(method, address, keys[scope]);
                // Matches only files that lie beside the program and are in no list of assets: none here.
                bool may = scope == policy || scope == Scopes.Admin || name.Contains(":file", StringComparison.Ordinal);
                Assert.True(may ? answer.StatusCode is not (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized) : answer.StatusCode == HttpStatusCode.Forbidden, $"{name} with {scope}: {answer.StatusCode}");
                if (!may) Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{open.Count} of {routes.Count} routes are open: {string.Join(", ", open)}");
        Assert.True(open.Count >= 2);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.SendAsync(HttpMethod.Get, "/nowhere", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(HttpMethod.Get, "/nowhere", keys[Scopes.Ingest])).StatusCode);
    }

    [Fact]
    public async Task The_right_scope_does_what_the_route_is_for()
    {
        using var files = new AccessFiles();
        var keys = Scopes.All.ToDictionary(scope => scope, scope => files.AddKey(scope));
        var judged = Some.JudgedMessage();
        await using var host = await Host.StartAsync(files, "detector moderation trainer", judged);
        foreach (string address in new[] { "/metrics", "/openapi/v1.json", "/", "/verdict/" + judged.VerdictId, "/api/v1/verdicts", "/api/v1/verdicts/counts", "/api/v1/verdicts/" + judged.VerdictId, "/api/v1/models/versions",
            $"/api/v1/decisions?messageId={judged.MessageId}&contentSha256={judged.ContentSha256}" })
        {
            using var seen = await host.SendAsync(HttpMethod.Get, address, keys[Scopes.Read]);
            Assert.True(seen.StatusCode == HttpStatusCode.OK, $"{address}: {seen.StatusCode}");
            if (address[^1] != 's') Assert.Contains("no-store", seen.Headers.CacheControl?.ToString(), StringComparison.Ordinal);
        }
        using var scanned = await host.SendAsync(HttpMethod.Post, "/api/v1/scan?store=false", keys[Scopes.Ingest], """{"text":"hello"}""");
        Assert.Equal(HttpStatusCode.OK, scanned.StatusCode);
        using var decided = await host.SendAsync(HttpMethod.Post, "/api/v1/decisions", keys[Scopes.Decide], "{\"verdictId\":\"" + judged.VerdictId + "\",\"labels\":{\"mail\":\"ham\",\"techniques\":{}}}");
        Assert.Equal(HttpStatusCode.Created, decided.StatusCode);
        Assert.Equal("key:robot", Assert.Single(await host.Store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation)).Moderator);
        using var promoted = await host.SendAsync(HttpMethod.Post, "/api/v1/models/champion", keys[Scopes.Admin], """{"version":"9.9.9"}""");
        Assert.Equal(HttpStatusCode.NotFound, promoted.StatusCode);
    }

    [Theory]
    [InlineData("moderation")]
    [InlineData("detector moderation trainer")]
    public async Task The_OpenAPI_document_says_how_to_prove_who_one_is_and_which_scope_each_operation_wants(string parts)
    {
        using var files = new AccessFiles();
        string key = files.AddKey(Scopes.Read);
        await using var host = await Host.StartAsync(files, parts);
        using var answer = await host.SendAsync(HttpMethod.Get, "/openapi/v1.json", key);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        var schemes = document.RootElement.GetProperty("components").GetProperty("securitySchemes");
        Assert.Equal(("http", "bearer"), (schemes.GetProperty("key").GetProperty("type").GetString(), schemes.GetProperty("key").GetProperty("scheme").GetString()));
        Assert.Equal(("apiKey", "cookie", "detection"), (schemes.GetProperty("session").GetProperty("type").GetString(), schemes.GetProperty("session").GetProperty("in").GetString(), schemes.GetProperty("session").GetProperty("name").GetString()));
        Dictionary<string, string?> policies = host.Routes().DistinctBy(route => route.Name).ToDictionary(route => route.Name, route => route.Policy);
        int described = 0;
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
            foreach (var operation in path.Value.EnumerateObject())
            {
                string wanted = policies[$"{operation.Name.ToUpperInvariant()} {path.Name}"]!;
                Assert.Equal($$"""[{"key":["{{wanted}}"]},{"session":["{{wanted}}"]}]""", JsonSerializer.Serialize(operation.Value.GetProperty("security")));
                Assert.All(new[] { "401", "403" }, status => Assert.NotEmpty(operation.Value.GetProperty("responses").GetProperty(status).GetProperty("description").GetString()!));
                described++;
            }
        Assert.Equal(policies.Keys.Count(name => name.Contains(" /api/v1/", StringComparison.Ordinal)), described);
    }

    [Fact]
    public async Task A_route_that_names_no_scope_is_open_to_admin_alone()
    {
        using var files = new AccessFiles();
        var keys = Scopes.All.ToDictionary(scope => scope, scope => files.AddKey(scope));
        await using var host = await Host.StartAsync(files, "");
        foreach (string scope in Scopes.All)
            Assert.Equal(scope == Scopes.Admin ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await host.SendAsync(HttpMethod.Get, "/forgotten", keys[scope])).StatusCode);
    }

    [Theory]
    [InlineData("Basic YTpi", "must be: Bearer KEY")]
    [InlineData("Bearer", "must be: Bearer KEY")]
    [InlineData("Bearer dk_nonsense", "unknown")]
    public async Task A_wrong_credential_is_401_with_the_reason_and_too_many_are_429_while_a_right_one_still_works(string header, string reason)
    {
        using var files = new AccessFiles();
        string key = files.AddKey(Scopes.Read);
        await using var host = await Host.StartAsync(files, "");
        for (int i = 0; i < FailedAttempts.Burst; i++)
        {
            using var refused = await TryAsync();
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer error=\"invalid_token\""), (refused.StatusCode, refused.Headers.WwwAuthenticate.ToString()));
            Assert.Contains(reason, await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
        HttpResponseMessage limited;
        // A token comes back every three seconds: a slow machine needs some tries more.
        for (int i = 0; (limited = await TryAsync()).StatusCode != HttpStatusCode.TooManyRequests; i++) Assert.True(i < 1_000);
        Assert.True(limited.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/metrics", key)).StatusCode);

        async Task<HttpResponseMessage> TryAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            request.Headers.TryAddWithoutValidation("Authorization", header);
            return await host.Client.SendAsync(request, Cancellation);
        }
    }

    [Fact]
    public async Task Without_files_everything_answers_as_before_whatever_is_sent_along()
    {
        await using var server = await ModerationServer.StartAsync(Some.JudgedMessage());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/verdicts");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "dk_nonsense");
        Assert.Equal(HttpStatusCode.OK, (await server.Client.SendAsync(request, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/login", Cancellation)).StatusCode);
    }

    /// <summary>A real host of these parts with both files; the model is replaced by a constant.</summary>
    private sealed partial class Host : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private WebApplication _app = null!;

        public HttpClient Client { get; private set; } = null!;
        public MemoryVerdictStore Store { get; } = new();

        public static async Task<Host> StartAsync(AccessFiles files, string parts, params IReadOnlyList<JudgedMessage> judged)
        {
            var host = new Host();
            await host.Store.StoreAsync(judged, CancellationToken.None);
            var builder = ModerationServer.Builder(host._folder.Path, [("Detection:Http:Urls", "http://127.0.0.1:0"), .. files.Settings]);
            var options = builder.AddServiceDefaults("test");
            builder.Logging.SetMinimumLevel(LogLevel.Error);
            builder.Services.AddSingleton<IVerdictStore>(host.Store).AddSingleton<IStoreUpkeep>(host.Store);
            builder.Services.AddSingleton(provider => new JudgingEngine((messages, _) => [.. messages.Select(message => Some.JudgedMessage(message))], TimeSpan.Zero, provider.GetRequiredService<TimeProvider>()));
            builder.Services.AddHostedService(provider => provider.GetRequiredService<JudgingEngine>()).AddScanLimit(options.Http.MaxScans).AddOptions<IngestOptions>();
            builder.Services.AddSingleton(new TrainedVersions(options));
            builder.Services.AddStore(options);
            if (parts.Contains("moderation")) builder.Services.AddModeration(options);
            host._app = builder.Build();
            host._app.MapServiceDefaults();
            if (parts.Contains("detector")) host._app.MapDetector();
            if (parts.Contains("trainer")) host._app.MapTrainer();
            if (parts.Contains("moderation")) host._app.MapModeration();
            if (parts.Length == 0) host._app.MapGet("/forgotten", () => "open");
            await host._app.StartAsync(Cancellation);
            host.Client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(host._app.Urls.Single()) };
            return host;
        }

        /// <summary>Every method and address of the table of endpoints, parameters filled in, and the policy that stands there.</summary>
        public IReadOnlyList<(string Name, HttpMethod Method, string Address, string? Policy)> Routes() =>
        [
            .. _app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().SelectMany(endpoint =>
                (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["GET"]).Where(method => method != "HEAD").Select(method =>
                {
                    string pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
                    return ($"{method} {pattern}", new HttpMethod(method), Parameter().Replace(pattern, match => match.Value.Contains("documentName") ? "v1" : match.Value.Contains(":file") ? "x.txt" : "x"),
                        endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().SingleOrDefault()?.Policy);
                })),
        ];

        public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string? key, string? body = null)
        {
            using var request = new HttpRequestMessage(method, address);
            if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            if (method == HttpMethod.Post) request.Content = new StringContent(body ?? "{}", Encoding.UTF8, "application/json");
            return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
            _folder.Dispose();
        }

        [GeneratedRegex(@"\{[^}]*\}")]
        private static partial Regex Parameter();
    }
}
