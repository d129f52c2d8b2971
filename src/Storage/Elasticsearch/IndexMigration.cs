using System.Text.Json;
using System.Text.Json.Nodes;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Brings an index to the templates of today by copying it, while others read and write. A month: the write alias moves to the new index first, so that nothing new comes into the old one; that is
/// closed to writes, which waits for those under way; then what the new one does not have is copied (<c>op_type=create</c>), and the old one goes. Who wrote into the old index at the wrong moment
/// writes again through the alias (<see cref="BulkItem.Moving"/>). The read alias covers both meanwhile: nothing is missed; a page shows each verdict once, counts may count a copied one twice.
/// A message delivered again meanwhile is created in the new index, its copy is refused, and its decision comes from the history: one stays. The other indices are small and read by id: they are closed
/// to writes, copied, and then the alias moves. A migration that broke off is finished by the next.
/// </summary>
internal sealed class IndexMigration(SearchCluster cluster, IndexNames names, IndexSetup setup)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>One sentence for each index that moved.</summary>
    /// <param name="force">Also those that are of today's templates.</param>
    public async IAsyncEnumerable<string> MigrateAsync(bool force, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var indices = await IndexState.ReadAsync(cluster, names, cancellation).ConfigureAwait(false);
        foreach (var family in indices.GroupBy(index => index.Alias))
        {
            var written = family.SingleOrDefault(index => index.IsWritten);
            if (written is null) continue;
            // Made by a migration that broke off before the alias moved: nothing was ever written there.
            foreach (var orphan in family.Where(index => index.Number > written.Number)) await cluster.DeleteAsync($"/{orphan.Name}", null, cancellation, 404).ConfigureAwait(false);
            foreach (var left in family.Where(index => index.Number < written.Number)) yield return await FinishAsync(left, written.Name, cancellation).ConfigureAwait(false);
            if (written.Version >= IndexTemplates.Version && !force) continue;
            string target = IndexNames.Concrete(written.Alias, written.Number + 1);
            await setup.CreateAsync(written.Alias, written.Number + 1, writes: false, cancellation).ConfigureAwait(false);
            if (names.End(written.Alias) is null)
            {
                await CopyAsync(written.Name, target, cancellation).ConfigureAwait(false);
                await MoveAliasAsync(written, target, cancellation).ConfigureAwait(false);
                await cluster.DeleteAsync($"/{written.Name}", null, cancellation).ConfigureAwait(false);
                yield return $"{written.Name} moved to {target}.";
            }
            else
            {
                await MoveAliasAsync(written, target, cancellation).ConfigureAwait(false);
                yield return await FinishAsync(written, target, cancellation).ConfigureAwait(false);
            }
        }
    }

    private Task<Answer> MoveAliasAsync(ConcreteIndex from, string target, CancellationToken cancellation)
    {
        var actions = new JsonArray(
            new JsonObject { ["remove"] = new JsonObject { ["index"] = from.Name, ["alias"] = from.Alias } },
            new JsonObject { ["add"] = new JsonObject { ["index"] = target, ["alias"] = from.Alias, ["is_write_index"] = true } });
        if (names.End(from.Alias) is not null) actions.Add(new JsonObject { ["add"] = new JsonObject { ["index"] = target, ["alias"] = names.Verdicts } });
        return cluster.PostAsync("/_aliases", new JsonObject { ["actions"] = actions }, cancellation);
    }

    private async Task<string> FinishAsync(ConcreteIndex from, string target, CancellationToken cancellation)
    {
        long copied = await CopyAsync(from.Name, target, cancellation).ConfigureAwait(false);
        await cluster.DeleteAsync($"/{from.Name}", null, cancellation).ConfigureAwait(false);
        return $"{from.Name} moved to {target}: {copied} documents copied.";
    }

    /// <summary>How many were copied; the others were there.</summary>
    private async Task<long> CopyAsync(string from, string target, CancellationToken cancellation)
    {
        await cluster.PutAsync($"/{from}/_block/write", null, cancellation).ConfigureAwait(false);
        await cluster.PostAsync($"/{from}/_refresh", null, cancellation).ConfigureAwait(false);
        var body = new JsonObject
        {
            ["conflicts"] = "proceed",
            ["source"] = new JsonObject { ["index"] = from },
            ["dest"] = new JsonObject { ["index"] = target, ["op_type"] = "create" },
        };
        string task = (await cluster.PostAsync("/_reindex?wait_for_completion=false&refresh=true", body, cancellation).ConfigureAwait(false)).Json.GetProperty("task").GetString()!;
        while (true)
        {
            var state = (await cluster.GetAsync($"/_tasks/{task}", cancellation).ConfigureAwait(false)).Json;
            if (state.GetProperty("completed").GetBoolean()) return Copied(state, from, target);
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    private static long Copied(JsonElement task, string from, string target)
    {
        if (task.TryGetProperty("response", out var done) && done.GetProperty("failures").GetArrayLength() == 0
            && done.GetProperty("total").GetInt64() == done.GetProperty("created").GetInt64() + done.GetProperty("version_conflicts").GetInt64())
            return done.GetProperty("created").GetInt64();
        throw new StoreException(StoreFault.Unavailable, $"Not all of {from} could be copied to {target}; both stay and nothing is lost. See the server's log, and run 'detection indices migrate' again.");
    }
}
