using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Detection.Contracts;
using Detection.Storage;
using Channel = System.Threading.Channels.Channel;

namespace Detection.Tests;

/// <summary>An <see cref="IVerdictStore"/> without a disk, for tests of what stands above a store.</summary>
internal sealed class MemoryVerdictStore : IVerdictStore, IStoreUpkeep
{
    private readonly Lock _gate = new();
    private readonly List<JudgedMessage> _judged = [];
    private readonly List<ModeratorDecision> _decisions = [];
    private readonly List<Erasure> _erasures = [];
    private readonly List<Channel<JudgedMessage>> _watchers = [];

    public Task OpenAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task CheckAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<IReadOnlyList<StoreOutcome>> StoreAsync(IReadOnlyList<JudgedMessage> judged, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var outcomes = new List<StoreOutcome>();
            foreach (var one in judged)
            {
                bool known = _judged.Exists(other => other.VerdictId == one.VerdictId);
                outcomes.Add(new StoreOutcome(known ? StoreResult.AlreadyStored : StoreResult.Stored));
                if (known) continue;
                _judged.Add(one);
                foreach (var watcher in _watchers) watcher.Writer.TryWrite(one);
            }
            return Task.FromResult<IReadOnlyList<StoreOutcome>>(outcomes);
        }
    }

    public Task<Erasure> EraseAuthorAsync(string author, string by, CancellationToken cancellation)
    {
        lock (_gate)
        {
            int gone = _judged.RemoveAll(one => one.Message.Author is { } who && new[] { who.Id, who.Name, who.Address }.Any(name => string.Equals(name, author, StringComparison.OrdinalIgnoreCase)));
            var record = new Erasure(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(author.ToLowerInvariant()))), by, DateTimeOffset.UnixEpoch, gone, 0);
            _erasures.Add(record);
            return Task.FromResult(record);
        }
    }

    public Task<IReadOnlyList<Erasure>> ErasuresAsync(CancellationToken cancellation)
    {
        lock (_gate) return Task.FromResult<IReadOnlyList<Erasure>>([.. _erasures]);
    }

    public Task<Retained> RetainAsync(RetentionPolicy policy, DateTimeOffset now, CancellationToken cancellation) => Task.FromResult(new Retained(0, 0));

    public Task<JudgedMessage?> FindAsync(string verdictId, CancellationToken cancellation)
    {
        lock (_gate) return Task.FromResult(_judged.Find(one => one.VerdictId == verdictId) is { } found ? WithDecision(found) : null);
    }

    public Task<VerdictPage> SearchAsync(VerdictQuery query, CancellationToken cancellation)
    {
        int skip = query.After is { } after ? int.Parse(after, CultureInfo.InvariantCulture) : 0;
        lock (_gate)
        {
            var all = Select(query);
            var ordered = query.Order == VerdictOrder.Newest
                ? all.OrderByDescending(one => one.ProcessedAt).ThenByDescending(one => one.VerdictId, StringComparer.Ordinal)
                : all.OrderByDescending(one => Math.Max(one.Scores.Spam ?? 0, one.Scores.Synthetic ?? 0));
            var page = ordered.Skip(skip).Take(query.Take).Select(one => new VerdictHit(one with { TokenScores = null }, Highlights(one, query))).ToArray();
            return Task.FromResult(new VerdictPage(page, skip + page.Length < all.Count ? (skip + page.Length).ToString(CultureInfo.InvariantCulture) : null));
        }
    }

    public Task<VerdictCounts> CountAsync(VerdictQuery query, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var all = Select(query);
            return Task.FromResult(new VerdictCounts(all.Count,
                all.CountBy(one => one.Action.ToString().ToLowerInvariant()).ToDictionary(count => count.Key, count => (long)count.Value),
                all.CountBy(one => one.Channel.Name()).ToDictionary(count => count.Key, count => (long)count.Value),
                all.SelectMany(one => one.Decided.Techniques).CountBy(technique => technique).ToDictionary(count => count.Key, count => (long)count.Value),
                [.. all.GroupBy(one => new DateTimeOffset(one.ProcessedAt.UtcDateTime.Date.AddHours(one.ProcessedAt.UtcDateTime.Hour), TimeSpan.Zero)).OrderBy(hour => hour.Key)
                    .Select(hour => new HourCount(hour.Key, hour.Count(one => one.Action == VerdictAction.Allow), hour.Count(one => one.Action == VerdictAction.Review), hour.Count(one => one.Action == VerdictAction.Hold)))]));
        }
    }

    public async IAsyncEnumerable<JudgedMessage> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var watcher = Channel.CreateUnbounded<JudgedMessage>();
        lock (_gate) _watchers.Add(watcher);
        await foreach (var judged in watcher.Reader.ReadAllAsync(cancellation)) yield return judged;
    }

    public Task<DecisionSummary?> DecideAsync(ModeratorDecision decision, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var judged = _judged.Find(one => one.VerdictId == decision.VerdictId) ?? throw new KeyNotFoundException(decision.VerdictId);
            if (_decisions.Exists(one => one.DecisionId == decision.DecisionId)) return Task.FromResult(Summary(judged));
            if (decision.Undoes is { } undoes && (!_decisions.Exists(one => one.DecisionId == undoes) || _decisions.Exists(one => one.Undoes == undoes)))
                throw new DecisionConflictException("it is unknown or was undone already.");
            _decisions.Add(decision);
            return Task.FromResult(Summary(judged));
        }
    }

    public Task<IReadOnlyList<ModeratorDecision>> HistoryAsync(string messageId, string contentSha256, CancellationToken cancellation)
    {
        lock (_gate) return Task.FromResult<IReadOnlyList<ModeratorDecision>>([.. _decisions.Where(one => one.MessageId == messageId && one.ContentSha256 == contentSha256)]);
    }

    public async IAsyncEnumerable<JudgedMessage> DecidedAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        JudgedMessage[] decided;
        lock (_gate) decided = [.. _judged.Select(WithDecision).Where(one => one.Decision is not null).OrderBy(one => one.Decision!.DecidedAt)];
        foreach (var one in decided)
        {
            await Task.Yield();
            yield return one;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<JudgedMessage> Select(VerdictQuery query) => [.. _judged.Select(WithDecision).Where(one =>
        (query.Text is null || query.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => $"{one.Message.Subject} {one.Message.Text} {one.Message.Author?.Name} {one.Message.Author?.Address}".Contains(word, StringComparison.OrdinalIgnoreCase)))
        && (query.Actions.Count == 0 || query.Actions.Contains(one.Action)) && (query.Channels.Count == 0 || query.Channels.Contains(one.Channel))
        && (query.Authorship.Count == 0 || query.Authorship.Contains(one.Authorship)) && (query.Mail.Count == 0 || query.Mail.Contains(one.Decided.Mail))
        && query.Techniques.All(one.Decided.Techniques.Contains) && (query.MessageId is null || one.MessageId == query.MessageId)
        && (query.HasDecision is not { } decided || decided == one.Decision is not null)
        && (query.From is not { } from || one.ProcessedAt >= from) && (query.Before is not { } before || one.ProcessedAt < before))];

    private static IReadOnlyList<Highlight> Highlights(JudgedMessage one, VerdictQuery query)
    {
        string text = one.Message.Text ?? "";
        string? word = query.Text?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        int at = word is null ? -1 : text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return [];
        int from = Math.Max(0, at - 40), to = Math.Min(text.Length, at + 80);
        return [new Highlight("text", text[from..to], [(at - from, at - from + word!.Length)])];
    }

    private JudgedMessage WithDecision(JudgedMessage one) => one with { Decision = Summary(one) };

    private DecisionSummary? Summary(JudgedMessage judged)
    {
        var inForce = _decisions.Where(one => one.MessageId == judged.MessageId && one.ContentSha256 == judged.ContentSha256 && one.Undoes is null && !_decisions.Exists(other => other.Undoes == one.DecisionId)).ToArray();
        return inForce.LastOrDefault() is { } last ? new DecisionSummary(last.Labels, last.Moderator, last.DecidedAt, last.DecisionId) : null;
    }
}
