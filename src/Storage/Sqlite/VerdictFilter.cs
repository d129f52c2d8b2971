using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Sqlite;

/// <summary>The conditions of a query as SQL over <c>verdicts v</c>, with the values they need; text from outside is only ever a value.</summary>
internal sealed class VerdictFilter
{
    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object? Value)> _values = [];

    /// <exception cref="ArgumentException">Names the field that cannot be used.</exception>
    public VerdictFilter(VerdictQuery query)
    {
        if (!string.IsNullOrWhiteSpace(query.Text))
        {
            SearchExpression = SearchWords.Expression(query.Text);
            if (SearchExpression is null) Add("0");
            else Add("v.row IN (SELECT rowid FROM search WHERE search MATCH $text)", ("$text", SearchExpression));
        }
        AddAny("v.action", query.Actions, action => ColumnNames.Rank(action).ToString(System.Globalization.CultureInfo.InvariantCulture));
        AddAny("v.channel", query.Channels, channel => $"'{channel.Name()}'");
        AddAny("v.authorship", query.Authorship, authorship => $"'{ColumnNames.Of(authorship)}'");
        AddAny("v.mail", query.Mail, mail => $"'{ColumnNames.Of(mail)}'");
        if (query.Techniques.Count > 0)
            Add("v.row IN (SELECT row FROM techniques WHERE name IN (SELECT value FROM json_each($techniques)))", ("$techniques", JsonSerializer.Serialize(query.Techniques)));
        if (!string.IsNullOrEmpty(query.MessageId)) Add("v.message_id = $message", ("$message", query.MessageId));
        if (!string.IsNullOrEmpty(query.Author)) Add("v.row IN (SELECT row FROM authors WHERE name = $author)", ("$author", query.Author.ToLowerInvariant()));
        if (query.HasDecision is { } decided) Add($"{(decided ? "" : "NOT ")}EXISTS (SELECT 1 FROM decided c WHERE c.message_id = v.message_id AND c.content = v.content)");
        if (query.From is { } from) Add("v.processed_at >= $from", ("$from", from.UtcTicks));
        if (query.Before is { } before) Add("v.processed_at < $before", ("$before", before.UtcTicks));
    }

    /// <summary>For highlights; null where no words are searched for.</summary>
    public string? SearchExpression { get; }

    public string Where => _conditions.Count == 0 ? "1" : string.Join(" AND ", _conditions);

    public IReadOnlyList<(string Name, object? Value)> Values => _values;

    public void Add(string condition, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        _conditions.Add(condition);
        _values.AddRange(values);
    }

    private void AddAny<T>(string column, IReadOnlyList<T> wanted, Func<T, string> literal)
    {
        if (wanted.Count > 0) Add($"{column} IN ({string.Join(", ", wanted.Select(literal).Distinct().Order(StringComparer.Ordinal))})");
    }
}
