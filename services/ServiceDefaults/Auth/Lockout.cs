namespace Detection.ServiceDefaults.Auth;

/// <summary>
/// How long a name must wait after wrong passwords: five tries are free, then 30 s, doubling to 15 minutes; forgotten a day after the last. Names that are no account are counted
/// alike, so that waiting tells nothing. Kept in memory, at most 10,000 names; the least tried make room.
/// </summary>
internal sealed class Lockout(TimeProvider time)
{
    public const int FreeTries = 5;
    private const int MaxNames = 10_000;
    public static readonly TimeSpan First = TimeSpan.FromSeconds(30), Longest = TimeSpan.FromMinutes(15), Memory = TimeSpan.FromDays(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Tries> _tries = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Counts a try before its password is looked at, so that many at once are no way round.</summary>
    /// <returns>Zero: go on. Else how long to wait; the try is not counted.</returns>
    public TimeSpan Begin(string name)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var known = _tries.GetValueOrDefault(name);
            if (now - known.Last >= Memory) known = default;
            if (known.Until > now) return known.Until - now;
            if (_tries.Count >= MaxNames && !_tries.ContainsKey(name)) _tries.Remove(_tries.MinBy(entry => (entry.Value.Count, entry.Value.Last)).Key);
            int count = known.Count + 1;
            _tries[name] = new Tries(count, now, count < FreeTries ? now : now + Pause(count));
            return TimeSpan.Zero;
        }
    }

    public void Succeeded(string name)
    {
        lock (_gate) _tries.Remove(name);
    }

    private static TimeSpan Pause(int count)
    {
        var pause = First * Math.Pow(2, Math.Min(count - FreeTries, 10));
        return pause < Longest ? pause : Longest;
    }

    private readonly record struct Tries(int Count, DateTimeOffset Last, DateTimeOffset Until);
}
