using Detection.Storage.Elasticsearch;
using Microsoft.Extensions.Time.Testing;

namespace Detection.Tests.Storage;

/// <summary>Stores on one server under prefixes of their own, with a clock in the month of <see cref="Some.Time"/>; all indices are gone afterwards.</summary>
internal sealed class SearchIndices(SearchServer server) : IAsyncDisposable
{
    private readonly HashSet<string> _prefixes = [];

    /// <summary>Goes on by a millisecond whenever it is looked at, so that nothing happens at one time.</summary>
    public FakeTimeProvider Time { get; } = new(Some.Time) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };

    public HttpClient Http { get; } = new() { BaseAddress = server.Address };

    public ElasticsearchStoreOptions Options(string data)
    {
        string prefix = Path.GetFileName(data).ToLowerInvariant();
        _prefixes.Add(prefix);
        return new ElasticsearchStoreOptions { Nodes = [server.Address], Prefix = prefix, Replicas = 0, RefreshInterval = TimeSpan.FromMilliseconds(200) };
    }

    public Task<ElasticsearchVerdictStore> OpenAsync(string data) => OpenAsync(Options(data));

    public async Task<ElasticsearchVerdictStore> OpenAsync(ElasticsearchStoreOptions options)
    {
        var store = new ElasticsearchVerdictStore(options, Time);
        await store.OpenAsync(TestContext.Current.CancellationToken);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string prefix in _prefixes)
            foreach (string path in new[] { $"/{prefix}-*", $"/_index_template/{prefix}-*", $"/_component_template/{prefix}-*" })
                (await Http.DeleteAsync(new Uri(path, UriKind.Relative))).Dispose();
        Http.Dispose();
    }
}
