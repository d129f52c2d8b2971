using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Elastic.Clients.Elasticsearch;
using Elastic.Transport;
using Polly;
using Polly.CircuitBreaker;
using HttpMethod = Elastic.Transport.HttpMethod;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Requests to the nodes through the client's transport, which chooses the node and goes to the next one when a node does not answer. Here: servers that are too busy (429, 503)
/// are asked again after the time they name; after many failures none is asked for a moment; errors come out as <see cref="StoreException"/> that names the node, never content.
/// </summary>
internal sealed class SearchCluster : IDisposable
{
    private static readonly RequestConfiguration Plain = Configuration("application/json"), Lines = Configuration("application/x-ndjson");

    private readonly ElasticsearchClientSettings _settings;
    private readonly ITransport _transport;
    private readonly ResiliencePipeline<BytesResponse> _resilience;
    private readonly string _nodes;

    public SearchCluster(ElasticsearchStoreOptions options, StoreMetrics metrics)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _nodes = string.Join(", ", options.Nodes.Select(node => node.GetLeftPart(UriPartial.Authority)));
        _settings = ClusterConnection.Settings(options);
        _transport = new ElasticsearchClient(_settings).Transport;
        _resilience = ClusterConnection.Resilience(metrics);
    }

    /// <summary>Answers of an error status are thrown, except those <paramref name="allowed"/>.</summary>
    /// <exception cref="StoreException">No node answers, or the answer is an error.</exception>
    public async Task<Answer> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancellation, bool lines = false, params int[] allowed)
    {
        var endpoint = new EndpointPath(method, path);
        var data = body is { } bytes ? PostData.ReadOnlyMemory(bytes) : null;
        BytesResponse response;
        try
        {
            response = await _resilience.ExecuteAsync(async token => await _transport.RequestAsync<BytesResponse>(endpoint, data, null, lines ? Lines : Plain, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        catch (BrokenCircuitException open)
        {
            throw new StoreException(StoreFault.Unavailable, $"{_nodes} did not answer several times; it is asked again in a moment.", open);
        }
        cancellation.ThrowIfCancellationRequested();
        int status = response.ApiCallDetails.HttpStatusCode ?? 0;
        var answer = new Answer(status, response.Body ?? []);
        return status is >= 200 and < 300 || allowed.Contains(status) ? answer : throw ServerError.Of(response.ApiCallDetails, answer, Node(response.ApiCallDetails));
    }

    public Task<Answer> GetAsync(string path, CancellationToken cancellation, params int[] allowed) => SendAsync(HttpMethod.GET, path, null, cancellation, allowed: allowed);

    public Task<Answer> PostAsync(string path, JsonNode? body, CancellationToken cancellation, params int[] allowed) => SendAsync(HttpMethod.POST, path, Bytes(body), cancellation, allowed: allowed);

    public Task<Answer> PutAsync(string path, JsonNode? body, CancellationToken cancellation, params int[] allowed) => SendAsync(HttpMethod.PUT, path, Bytes(body), cancellation, allowed: allowed);

    public Task<Answer> DeleteAsync(string path, JsonNode? body, CancellationToken cancellation, params int[] allowed) => SendAsync(HttpMethod.DELETE, path, Bytes(body), cancellation, allowed: allowed);

    public void Dispose() => ((IDisposable)_settings).Dispose();

    private string Node(ApiCallDetails call) => call.Uri is { } uri ? uri.GetLeftPart(UriPartial.Authority) : _nodes;

    private static ReadOnlyMemory<byte>? Bytes(JsonNode? body) => body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body);

    // Plain types: Elasticsearch 7 to 9 and OpenSearch all take them.
    private static RequestConfiguration Configuration(string contentType) => new()
    {
        ContentType = contentType,
        Accept = "application/json",
        ThrowExceptions = false,
        ResponseHeadersToParse = new HeadersList("retry-after"),
    };
}

/// <summary>What a server answered: its status and its JSON.</summary>
internal sealed record Answer(int Status, byte[] Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}
