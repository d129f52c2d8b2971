using Detection.Storage;
using Detection.Storage.Elasticsearch;

namespace Detection.Tests.Storage;

[Collection(WithElasticsearch.Name)]
public sealed class ElasticsearchVerdictStoreTests(ElasticsearchServer server) : SearchServerContract(server);

[Collection(WithOpenSearch.Name)]
public sealed class OpenSearchVerdictStoreTests(OpenSearchServer server) : SearchServerContract(server);

/// <summary>What holds for stores on a search server, beside the contract of all stores.</summary>
public abstract class SearchServerContract(SearchServer server) : VerdictStoreContract, IAsyncDisposable
{
    private SearchIndices? _indices;

    private SearchIndices Indices => _indices ??= new SearchIndices(server);

    protected override async Task<IVerdictStore> OpenAsync(string data, StoredBodies bodies) => await Indices.OpenAsync(Indices.Options(data) with { Bodies = bodies });

    protected override Task SettleAsync(IVerdictStore store) => ((ElasticsearchVerdictStore)store).RefreshAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_indices is not null) await _indices.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
