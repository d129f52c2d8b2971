using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Elastic.Clients.Elasticsearch;
using Elastic.Transport;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Detection.Storage.Elasticsearch;

/// <summary>How the client is set up: nodes, credentials, trust, and what happens when a node is busy or silent.</summary>
internal static class ClusterConnection
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public static ElasticsearchClientSettings Settings(ElasticsearchStoreOptions options)
    {
        var settings = new ElasticsearchClientSettings(new StaticNodePool(options.Nodes), new HttpRequestInvoker(static (inner, _) => new ProductHandler(inner)))
            .RequestTimeout(options.RequestTimeout)
            .DeadTimeout(TimeSpan.FromSeconds(2)).MaxDeadTimeout(TimeSpan.FromSeconds(30))
            .SniffOnStartup(false).SniffOnConnectionFault(false).DisablePing()
            .EnableHttpCompression(options.Compress);
        if (!string.IsNullOrEmpty(options.ApiKey)) settings.Authentication(new ApiKey(options.ApiKey));
        else if (!string.IsNullOrEmpty(options.Username)) settings.Authentication(new BasicAuthentication(options.Username, options.Password ?? ""));
        if (options.CertificateAuthority is { } file) settings.ServerCertificateValidationCallback(Trust(X509CertificateLoader.LoadCertificateFromFile(file)));
        return settings;
    }

    /// <summary>The transport sees to nodes that do not answer; here are the servers that answer "later".</summary>
    public static ResiliencePipeline<BytesResponse> Resilience(StoreMetrics metrics) => new ResiliencePipelineBuilder<BytesResponse>()
        .AddRetry(new RetryStrategyOptions<BytesResponse>
        {
            ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result?.ApiCallDetails.HttpStatusCode is 429 or 503),
            MaxRetryAttempts = 5,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            MaxDelay = LongestPause,
            DelayGenerator = static attempt => ValueTask.FromResult(Hint(attempt.Outcome.Result)),
            OnRetry = _ => { metrics.Retried("busy"); return ValueTask.CompletedTask; },
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<BytesResponse>
        {
            ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Exception is TransportException || attempt.Outcome.Result is { ApiCallDetails.HttpStatusCode: null or 429 or 503 }),
            FailureRatio = 0.9,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(5),
            BreakDuration = TimeSpan.FromSeconds(1),
        })
        .Build();

    // Retry-After in seconds; a server that names a longer time is asked again before it: the caller must not hang.
    private static TimeSpan? Hint(BytesResponse? response) =>
        response is not null && response.ApiCallDetails.TryGetHeader("retry-after", out var values) && int.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestPause.TotalSeconds))
            : null;

    private static Func<object, X509Certificate, X509Chain, SslPolicyErrors, bool> Trust(X509Certificate2 authority) => (_, certificate, presented, errors) =>
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in presented.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(new X509Certificate2(certificate));
    };

    /// <summary>The client refuses servers that do not say that they are Elasticsearch; OpenSearch does not.</summary>
    private sealed class ProductHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            response.Headers.TryAddWithoutValidation("X-Elastic-Product", response.Headers.Contains("X-Elastic-Product") ? [] : ["Elasticsearch"]);
            return response;
        }
    }
}
