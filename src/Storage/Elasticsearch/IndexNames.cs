using System.Globalization;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// Names of indices and aliases. Verdicts: one concrete index a month, <c>P-verdicts-2026.01-v1</c>, behind the write alias <c>P-verdicts-2026.01</c> and the read alias <c>P-verdicts</c>.
/// The rest: one concrete index <c>P-decisions-v1</c> behind the alias <c>P-decisions</c>. The number counts copies of the index, see <see cref="IndexMigration"/>.
/// </summary>
internal sealed record IndexNames(string Prefix)
{
    public string Verdicts => $"{Prefix}-verdicts";

    public string Decisions => $"{Prefix}-decisions";

    public string Models => $"{Prefix}-models";

    public string Erasures => $"{Prefix}-erasures";

    /// <summary>Aliases of indices that are not kept by month.</summary>
    public IReadOnlyList<string> Single => [Decisions, Models, Erasures];

    /// <summary>The write alias of the month in which a message was taken.</summary>
    public string Month(DateTimeOffset acceptedAt) => $"{Verdicts}-{Month(acceptedAt.UtcDateTime)}";

    /// <summary>Whether a month may be written now: this one, the one before and the one after. A time from elsewhere cannot make indices without end.</summary>
    public static bool IsOpen(DateTimeOffset acceptedAt, DateTimeOffset now) => Math.Abs(Ordinal(acceptedAt) - Ordinal(now)) <= 1;

    public static string Month(DateTime time) => time.ToString("yyyy.MM", CultureInfo.InvariantCulture);

    /// <summary>The write aliases of the months that may be written now.</summary>
    public IReadOnlyList<string> OpenMonths(DateTimeOffset now) => [.. new[] { -1, 0, 1 }.Select(months => Month(FirstDay(now).AddMonths(months)))];

    /// <summary><c>P-verdicts-2026.01-v3</c> → <c>P-verdicts-2026.01</c> and 3; null: no name of that form.</summary>
    public static (string Alias, int Number)? Split(string concrete) =>
        concrete.LastIndexOf("-v", StringComparison.Ordinal) is > 0 and var at && int.TryParse(concrete.AsSpan(at + 2), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? (concrete[..at], number) : null;

    public static string Concrete(string alias, int number) => string.Create(CultureInfo.InvariantCulture, $"{alias}-v{number}");

    /// <summary>The first moment after the month that a write alias is for; null: the alias is for no month.</summary>
    public DateTimeOffset? End(string alias) =>
        alias.StartsWith(Verdicts + "-", StringComparison.Ordinal) && DateTime.TryParseExact(alias.AsSpan(Verdicts.Length + 1), "yyyy.MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)
            ? new DateTimeOffset(first, TimeSpan.Zero).AddMonths(1)
            : null;

    private static DateTimeOffset FirstDay(DateTimeOffset time) => new(time.UtcDateTime.Year, time.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private static int Ordinal(DateTimeOffset time) => time.UtcDateTime.Year * 12 + time.UtcDateTime.Month;
}
