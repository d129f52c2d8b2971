using Detection.Storage;
using Detection.Storage.Elasticsearch;
using Detection.Storage.Sqlite;

namespace Detection.Tests.Storage;

/// <summary>What every implementation of aliases of bundles must do.</summary>
public abstract class BundleAliasesContract
{
    /// <summary>Aliases on the data named.</summary>
    protected abstract Task<IBundleAliases> OpenAsync(string data);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_set_last_is_read_by_bundle_and_alias()
    {
        using var data = new TemporaryFolder();
        var aliases = await OpenAsync(data.Path);
        Assert.Empty(await aliases.ReadAsync(Cancellation));
        var champion = Alias("compact", BundleAlias.Champion, "1");
        await aliases.SetAsync(champion, null, Cancellation);
        await aliases.SetAsync(Alias("compact", BundleAlias.Candidate, "2"), null, Cancellation);
        await aliases.SetAsync(Alias("another", BundleAlias.Champion, "7"), null, Cancellation);
        await aliases.SetAsync(champion with { Version = "2" }, "1", Cancellation);
        Assert.Equal([Alias("another", "champion", "7"), Alias("compact", "candidate", "2"), Alias("compact", "champion", "2")], await aliases.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task Of_two_that_change_the_same_version_one_is_told()
    {
        using var data = new TemporaryFolder();
        var aliases = await OpenAsync(data.Path);
        await aliases.SetAsync(Alias("compact", BundleAlias.Champion, "1"), null, Cancellation);
        bool[] changed = await Task.WhenAll(Enumerable.Range(2, 4).Select(async version =>
        {
            try { await aliases.SetAsync(Alias("compact", BundleAlias.Champion, $"{version}"), "1", Cancellation); return true; }
            catch (AliasConflictException conflict) { Assert.Contains("compact", conflict.Message, StringComparison.Ordinal); return false; }
        }));
        Assert.Single(changed, done => done);
        await Assert.ThrowsAsync<AliasConflictException>(() => aliases.SetAsync(Alias("unknown", BundleAlias.Champion, "1"), "0", Cancellation));
    }

    [Fact]
    public async Task What_cannot_be_set_is_named()
    {
        using var data = new TemporaryFolder();
        var aliases = await OpenAsync(data.Path);
        Assert.StartsWith("Alias", (await Assert.ThrowsAsync<ArgumentException>(() => aliases.SetAsync(Alias("compact", "latest", "1"), null, Cancellation))).Message, StringComparison.Ordinal);
        Assert.StartsWith("Bundle", (await Assert.ThrowsAsync<ArgumentException>(() => aliases.SetAsync(Alias("", BundleAlias.Champion, "1"), null, Cancellation))).Message, StringComparison.Ordinal);
    }

    private static BundleAlias Alias(string bundle, string alias, string version) => new(bundle, alias, version, "sha", "local", Some.Time);
}

public sealed class SqliteBundleAliasesTests : BundleAliasesContract
{
    protected override Task<IBundleAliases> OpenAsync(string data) => Task.FromResult<IBundleAliases>(new SqliteBundleAliases(new VerdictStoreOptions { Folder = data }));
}

[Collection(WithElasticsearch.Name)]
public sealed class ElasticsearchBundleAliasesTests(ElasticsearchServer server) : SearchServerAliasesContract(server);

[Collection(WithOpenSearch.Name)]
public sealed class OpenSearchBundleAliasesTests(OpenSearchServer server) : SearchServerAliasesContract(server);

public abstract class SearchServerAliasesContract(SearchServer server) : BundleAliasesContract, IAsyncDisposable
{
    private SearchIndices? _indices;
    private ElasticsearchBundleAliases? _aliases;

    protected override async Task<IBundleAliases> OpenAsync(string data)
    {
        _indices = new SearchIndices(server);
        var options = _indices.Options(data);
        await (await _indices.OpenAsync(options)).DisposeAsync();
        return _aliases = new ElasticsearchBundleAliases(options);
    }

    public async ValueTask DisposeAsync()
    {
        _aliases?.Dispose();
        if (_indices is not null) await _indices.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
