using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>The conditions of a query as SQL over <c>verdicts v</c>, with the values they need; text from outside is only ever a value.</summary>
/// <remarks>
/// A plus before a column keeps SQLite from looking rows up by it. Where few rows fulfil a condition, they are looked up and sorted; where many do, the index of the order
/// is walked until the page is full. SQLite has no statistics to know which is which, so that it is counted, up to <see cref="Few"/>.
/// </remarks>
internal sealed class VerdictFilter
{
    private const int Few = 2000;

    private readonly SqliteSession _session;
    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object? Value)> _values = [];

    /// <exception cref="ArgumentException">Names the field that cannot be used.</exception>
    public VerdictFilter(SqliteSession session, VerdictQuery query)
    {
        _session = session;
        if (!string.IsNullOrWhiteSpace(query.Text))
        {
            SearchExpression = SearchWords.Expression(query.Text);
            if (SearchExpression is null) Add("0");
            else AddMember("v.row", "rowid", "search WHERE search MATCH $text", ("$text", SearchExpression));
        }
        AddAny(query.Order == VerdictOrder.Newest ? "+v.action" : "v.action", query.Actions, action => Keeping.Rank(action).ToString(System.Globalization.CultureInfo.InvariantCulture));
        AddAny("v.channel", query.Channels, channel => $"'{channel.Name()}'");
        AddAny("v.authorship", query.Authorship, authorship => $"'{ContractNames.Of(authorship)}'");
        AddAny("v.mail", query.Mail, mail => $"'{ContractNames.Of(mail)}'");
        if (query.Techniques.Count > 0)
            AddMember("v.row", "row", "techniques WHERE name IN (SELECT value FROM json_each($techniques))", ("$techniques", JsonSerializer.Serialize(query.Techniques)));
        if (!string.IsNullOrEmpty(query.MessageId)) Add("v.message_id = $message", ("$message", query.MessageId));
        if (!string.IsNullOrEmpty(query.Author)) AddMember("v.row", "row", "authors WHERE name = $author", ("$author", query.Author.ToLowerInvariant()));
        if (query.HasDecision == true) AddMember("(v.message_id, v.content)", "message_id, content", "decided");
        if (query.HasDecision == false) Add("NOT EXISTS (SELECT 1 FROM decided c WHERE c.message_id = v.message_id AND c.content = v.content)");
        if (query.From is { } from) Add("v.processed_at >= $from", ("$from", from.UtcTicks));
        if (query.Before is { } before) Add("v.processed_at < $before", ("$before", before.UtcTicks));
    }

    /// <summary>For highlights; null where no words are searched for.</summary>
    public string? SearchExpression { get; }

    public bool IsEmpty => _conditions.Count == 0;

    public string Where => _conditions.Count == 0 ? "1" : string.Join(" AND ", _conditions);

    public IReadOnlyList<(string Name, object? Value)> Values => _values;

    public void Add(string condition, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        _conditions.Add(condition);
        _values.AddRange(values);
    }

    private void AddMember(string columns, string selected, string source, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        bool few = _session.Scalar<long>($"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT {Few + 1})", values) <= Few;
        string plain = few ? columns : columns.Replace("v.", "+v.", StringComparison.Ordinal);
        Add($"{plain} IN (SELECT {selected} FROM {source})", values);
    }

    private void AddAny<T>(string column, IReadOnlyList<T> wanted, Func<T, string> literal)
    {
        if (wanted.Count > 0) Add($"{column} IN ({string.Join(", ", wanted.Select(literal).Distinct().Order(StringComparer.Ordinal))})");
    }
}
