using Detection.Storage;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Detection.Moderation.Dashboard;

/// <summary>The queue, newest first and live, with one verdict open beside it. What is filtered stands in the address, so that it can be bookmarked and shared.</summary>
public sealed partial class QueuePage
{
    /// <summary>The list is drawn at most this often: the first of a burst at once, the others together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);

    /// <summary>A screen reader is told of new verdicts at most this often.</summary>
    private static readonly TimeSpan AnnounceEvery = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _closed = new();
    private VerdictQueue _queue = null!;
    private Task? _watching;
    private HashSet<string> _fresh = [];
    private bool _live = true;
    private int _waiting;
    private int _unannounced;
    private long _announcedAt;
    private long? _drawnAt;
    private bool _interactive;
    private string? _announcement;
    private string? _failure;
    private string _address = "";

    [Inject] private IVerdictStore Store { get; set; } = null!;
    [Inject] private VerdictFeed Feed { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Time { get; set; } = null!;
    [Inject] private ILogger<QueuePage> Log { get; set; } = null!;

    [Parameter] public string? VerdictId { get; set; }

    private string Title => (_queue.Counts?.ByAction.GetValueOrDefault("review") ?? 0) is > 0 and var waiting ? $"({waiting}) Detection" : "Detection";

    protected override void OnInitialized()
    {
        _queue = new VerdictQueue(Store);
        _announcedAt = Time.GetTimestamp();
        Navigation.LocationChanged += Moved;
    }

    protected override Task OnInitializedAsync() => LoadAsync();

    /// <summary>A change of the query string alone sets no parameter.</summary>
    private void Moved(object? sender, LocationChangedEventArgs moved) => _ = InvokeAsync(async () =>
    {
        await LoadAsync();
        StateHasChanged();
    });

    private async Task LoadAsync()
    {
        var query = Asked();
        string address = VerdictQueryString.Format(query);
        if (_queue.Counts is not null && address == _address) return;
        _address = address;
        _fresh = [];
        await TryAsync(() => _queue.LoadAsync(query, _closed.Token));
    }

    protected override void OnAfterRender(bool firstRender)
    {
        // Not while prerendering: only a page that lives on watches.
        if (!firstRender) return;
        _watching = WatchAsync();
        _interactive = true;
        StateHasChanged();
    }

    /// <summary>An address that cannot be read asks for everything.</summary>
    private VerdictQuery Asked()
    {
        try { return VerdictQueryString.Parse(QueryHelpers.ParseQuery(new Uri(Navigation.Uri).Query)); }
        catch (FieldException) { return new VerdictQuery(); }
    }

    private void Filter(VerdictQuery query) => Navigation.NavigateTo((VerdictId is null ? "/" : $"/verdict/{Uri.EscapeDataString(VerdictId)}") + VerdictQueryString.Format(query));

    private Task MoreAsync() => TryAsync(() => _queue.MoreAsync(_closed.Token));

    private async Task SetLiveAsync(bool live)
    {
        _live = live;
        if (live && _waiting > 0) await RefreshAsync();
    }

    private async Task WatchAsync()
    {
        try
        {
            bool pending = false;
            await foreach (var happened in Feed.ListenAsync(_closed.Token))
            {
                if (happened.Stored is not null) _waiting++;
                if (pending) continue;
                pending = true;
                _ = InvokeAsync(async () =>
                {
                    var rest = _drawnAt is { } last ? Gather - Time.GetElapsedTime(last) : TimeSpan.Zero;
                    if (rest > TimeSpan.Zero) await Task.Delay(rest, Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                    _drawnAt = Time.GetTimestamp();
                    pending = false;
                    if (_closed.IsCancellationRequested) return;
                    if (_live) await RefreshAsync();
                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException) { }
    }

    private Task RefreshAsync() => TryAsync(async () =>
    {
        _waiting = 0;
        var fresh = await _queue.RefreshAsync(_closed.Token);
        _fresh = fresh.Select(hit => hit.Judged.VerdictId).ToHashSet(StringComparer.Ordinal);
        Announce(fresh.Count);
        // What came is in sight before the counts of a large store are.
        StateHasChanged();
        await _queue.RecountAsync(_closed.Token);
    });

    private void Announce(int fresh)
    {
        _unannounced += fresh;
        if (_unannounced == 0 || Time.GetElapsedTime(_announcedAt) < AnnounceEvery) return;
        _announcement = _unannounced == 1 ? "One new verdict." : $"{_unannounced} new verdicts.";
        (_unannounced, _announcedAt) = (0, Time.GetTimestamp());
    }

    /// <summary>After a decision: the list shows it, and with <paramref name="next"/> the following undecided verdict opens.</summary>
    private async Task DecidedAsync(bool next)
    {
        string? following = next ? Following() : null;
        await RefreshAsync();
        if (next) Navigation.NavigateTo((following is null ? "/" : "/verdict/" + following) + _address);
    }

    private string? Following()
    {
        var items = _queue.Items;
        int here = 0;
        while (here < items.Count && items[here].Judged.VerdictId != VerdictId) here++;
        return items.Skip(here + 1).Concat(items.Take(here)).FirstOrDefault(hit => hit.Judged.Decision is null)?.Judged.VerdictId;
    }

    private async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read();
            _failure = null;
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested) { }
        catch (Exception failure)
        {
            ModerationLog.PageFailed(Log, failure.GetType().Name);
            _failure = "The store does not answer. The list is tried again with the next verdict.";
        }
    }

    public async ValueTask DisposeAsync()
    {
        Navigation.LocationChanged -= Moved;
        await _closed.CancelAsync();
        if (_watching is not null) await _watching;
        _closed.Dispose();
    }
}
