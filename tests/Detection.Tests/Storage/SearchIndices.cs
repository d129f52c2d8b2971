using System.Text;
using System.Text.Json.Nodes;
using Detection.Storage.Elasticsearch;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Storage;

/// <summary>Stores on one server under prefixes of their own, with a clock in the month of <see cref="Some.Time"/>; all indices are gone afterwards.</summary>
internal sealed class SearchIndices(SearchServer server) : IAsyncDisposable
{
    private readonly HashSet<string> _prefixes = [];
    private readonly HttpClient _http = new() { BaseAddress = server.Address };

    /// <summary>Goes on by a millisecond whenever it is looked at, so that nothing happens at one time.</summary>
    public FakeTimeProvider Time { get; } = new(Some.Time) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };

    public ElasticsearchStoreOptions Options(string data)
    {
        string prefix = Path.GetFileName(data).ToLowerInvariant();
        _prefixes.Add(prefix);
        return new ElasticsearchStoreOptions { Nodes = [server.Address], Prefix = prefix, Replicas = 0, RefreshInterval = TimeSpan.FromMilliseconds(200) };
    }

    public async Task<ElasticsearchVerdictStore> OpenAsync(ElasticsearchStoreOptions options)
    {
        var store = new ElasticsearchVerdictStore(options, Time);
        await store.OpenAsync(TestContext.Current.CancellationToken);
        return store;
    }

    /// <summary>Asks the server itself, past the store.</summary>
    public async Task<JsonNode> AskAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string prefix in _prefixes)
            foreach (string path in new[] { $"/{prefix}-*", $"/_index_template/{prefix}-*", $"/_component_template/{prefix}-*" })
                (await _http.DeleteAsync(new Uri(path, UriKind.Relative))).Dispose();
        _http.Dispose();
    }
}
