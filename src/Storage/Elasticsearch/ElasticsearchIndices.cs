
namespace Detection.Storage.Elasticsearch;

/// <summary>Templates and indices as a person sees to them: <c>detection indices create|check|migrate</c>.</summary>
public sealed class ElasticsearchIndices : IDisposable
{
    private readonly StoreMetrics _metrics = new("elasticsearch");
    private readonly SearchCluster _cluster;
    private readonly IndexNames _names;
    private readonly IndexTemplates _templates;
    private readonly IndexSetup _setup;
    private readonly TimeProvider _time;

    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">Names the option out of range.</exception>
    public ElasticsearchIndices(ElasticsearchStoreOptions options, TimeProvider time)
    {
        _cluster = new SearchCluster(options, _metrics);
        _names = new IndexNames(options.Prefix);
        _templates = new IndexTemplates(_names, options);
        _setup = new IndexSetup(_cluster, _names, _templates);
        _time = time;
    }

    /// <summary>Writes the templates as configured, and makes the indices that are missing: this month's, the next month's and those that are not kept by month. One sentence for each.</summary>
    /// <exception cref="StoreException">No node answers, or a newer version of the program made the templates.</exception>
    public async Task<IReadOnlyList<string>> CreateAsync(CancellationToken cancellation)
    {
        await _setup.TemplatesAsync(always: true, cancellation).ConfigureAwait(false);
        List<string> made = [$"The templates {string.Join(", ", _templates.Components.Concat(_templates.Indices).Select(template => template.Name))} are of form {IndexTemplates.Version}."];
        foreach (string alias in Needed)
            if (await _setup.IndexAsync(alias, cancellation).ConfigureAwait(false)) made.Add($"{IndexNames.Concrete(alias, 1)} was made for {alias}.");
        return made;
    }

    /// <summary>What differs from what this program and its configuration want, one sentence each; empty: nothing.</summary>
    /// <exception cref="StoreException">No node answers.</exception>
    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellation)
    {
        List<string> differences = [.. await _setup.TemplateDifferencesAsync(cancellation).ConfigureAwait(false)];
        var indices = await IndexState.ReadAsync(_cluster, _names, cancellation).ConfigureAwait(false);
        differences.AddRange(Needed.Except(indices.Where(index => index.IsWritten).Select(index => index.Alias)).Select(alias => $"There is no index for {alias}: 'detection indices create' makes it."));
        foreach (var index in indices) differences.AddRange(Differences(index));
        var health = (await _cluster.GetAsync($"/_cluster/health/{_names.Prefix}-*", cancellation, 408).ConfigureAwait(false)).Json;
        if (health.TryGetProperty("status", out var status) && status.GetString() is "red" or "yellow")
            differences.Add($"The indices are {status.GetString()}: {health.GetProperty("unassigned_shards").GetInt32()} shards have no node{(status.GetString() == "yellow" ? " (copies: fewer Replicas, or more nodes)" : "")}.");
        return differences;
    }

    /// <summary>Writes the templates, then moves every index that is of an older form, see <see cref="IndexMigration"/>. One sentence for each, when it is done.</summary>
    /// <param name="force">Also those of today's form: settings such as the number of shards may have changed.</param>
    public async IAsyncEnumerable<string> MigrateAsync(bool force, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await _setup.TemplatesAsync(always: true, cancellation).ConfigureAwait(false);
        await foreach (string moved in new IndexMigration(_cluster, _names, _setup).MigrateAsync(force, cancellation).ConfigureAwait(false)) yield return moved;
    }

    public void Dispose()
    {
        _cluster.Dispose();
        _metrics.Dispose();
    }

    private IEnumerable<string> Needed => [.. _names.Single, .. _names.OpenMonths(_time.GetUtcNow()).Skip(1)];

    private IEnumerable<string> Differences(ConcreteIndex index)
    {
        if (!index.IsWritten)
        {
            yield return $"{index.Name} is left of a migration that did not end: 'detection indices migrate' finishes it.";
            yield break;
        }
        if (index.Version < IndexTemplates.Version) yield return $"{index.Name} is of form {index.Version}, this program's is {IndexTemplates.Version}: 'detection indices migrate' moves it.";
        if (index.IsBlocked) yield return $"{index.Name} is closed to writes (index.blocks.write).";
        if (index.RefreshInterval != _templates.RefreshInterval) yield return $"{index.Name} refreshes every {index.RefreshInterval}, RefreshInterval says {_templates.RefreshInterval}.";
        if (index.Replicas != _templates.Replicas) yield return $"{index.Name} has {index.Replicas} copies of each shard, Replicas says {_templates.Replicas}.";
    }
}
