using Detection.Storage;

namespace Detection.Moderation.Dashboard;

/// <summary>
/// The list that one page shows: the first pages of a query, kept current. New verdicts are merged in at the top; when more came than a page holds, the list begins anew.
/// Used from one circuit at a time; an answer to a query that is no longer asked is dropped.
/// </summary>
internal sealed class VerdictQueue(IVerdictStore store)
{
    private const int PageSize = 50;
    private List<VerdictHit> _items = [];

    public VerdictQuery Query { get; private set; } = new();
    public IReadOnlyList<VerdictHit> Items => _items;

    /// <summary>Counts of the query without its condition on the action, so that the other actions' counts stay visible.</summary>
    public VerdictCounts? Counts { get; private set; }

    /// <summary>Null: there is nothing older.</summary>
    public string? Next { get; private set; }

    public async Task LoadAsync(VerdictQuery query, CancellationToken cancellation)
    {
        Query = query;
        var page = await store.SearchAsync(query with { Take = PageSize, After = null }, cancellation);
        var counts = await CountAsync(query, cancellation);
        if (Query != query) return;
        (_items, Next, Counts) = ([.. page.Items], page.Next, counts);
    }

    public async Task MoreAsync(CancellationToken cancellation)
    {
        if (Next is not { } cursor) return;
        var query = Query;
        var page = await store.SearchAsync(query with { Take = PageSize, After = cursor }, cancellation);
        if (Query != query || Next != cursor) return;
        var known = Ids(_items);
        _items.AddRange(page.Items.Where(hit => !known.Contains(hit.Judged.VerdictId)));
        Next = page.Next;
    }

    /// <summary>Reads the first page again; the counts stay as they are until <see cref="RecountAsync"/>, which reads all of a store.</summary>
    /// <returns>The verdicts that were not in the list before.</returns>
    public async Task<IReadOnlyList<VerdictHit>> RefreshAsync(CancellationToken cancellation)
    {
        var query = Query;
        var page = await store.SearchAsync(query with { Take = PageSize, After = null }, cancellation);
        if (Query != query) return [];
        var known = Ids(_items);
        var fresh = page.Items.Where(hit => !known.Contains(hit.Judged.VerdictId)).ToArray();
        bool overlaps = fresh.Length < page.Items.Count;
        if (overlaps && query.Order == VerdictOrder.Newest) _items = Merge(page.Items);
        else (_items, Next) = ([.. page.Items], page.Next);
        return fresh;
    }

    public async Task RecountAsync(CancellationToken cancellation)
    {
        var query = Query;
        var counts = await CountAsync(query, cancellation);
        if (Query == query) Counts = counts;
    }

    /// <summary>The first page as it is now, then what was listed after its last verdict.</summary>
    private List<VerdictHit> Merge(IReadOnlyList<VerdictHit> page)
    {
        string last = page[^1].Judged.VerdictId;
        int border = _items.FindIndex(hit => hit.Judged.VerdictId == last);
        var known = Ids(page);
        return [.. page, .. _items.Skip(border + 1).Where(hit => !known.Contains(hit.Judged.VerdictId) && border >= 0)];
    }

    private Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation) => store.CountAsync(query with { Actions = [], After = null }, cancellation);

    private static HashSet<string> Ids(IEnumerable<VerdictHit> items) => items.Select(hit => hit.Judged.VerdictId).ToHashSet(StringComparer.Ordinal);
}
