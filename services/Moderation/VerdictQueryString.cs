using System.Globalization;
using Detection.Contracts;
using Detection.Storage;
using Microsoft.Extensions.Primitives;

namespace Detection.Moderation;

/// <summary>A <see cref="VerdictQuery"/> as a query string, the same for the API and for the pages' addresses. Lists are repeated or separated by commas.</summary>
internal static class VerdictQueryString
{
    private const int MaxWords = 400;

    /// <exception cref="FieldException">Names the parameter that is unknown or cannot be read.</exception>
    public static VerdictQuery Parse(IEnumerable<KeyValuePair<string, StringValues>> parameters)
    {
        var query = new VerdictQuery();
        foreach (var (name, values) in parameters) query = Set(query, name, values);
        return query;
    }

    /// <summary>What <see cref="Parse"/> reads back; empty without conditions. Paging is left out: an address names what is looked at, not how far.</summary>
    public static string Format(VerdictQuery query)
    {
        var parts = new List<KeyValuePair<string, string?>>();
        Add("q", query.Text);
        parts.AddRange(query.Actions.Select(action => KeyValuePair.Create("action", (string?)action.JsonName())));
        parts.AddRange(query.Channels.Select(channel => KeyValuePair.Create("channel", (string?)channel.Name())));
        parts.AddRange(query.Authorship.Select(authorship => KeyValuePair.Create("authorship", (string?)authorship.JsonName())));
        parts.AddRange(query.Mail.Select(mail => KeyValuePair.Create("mail", (string?)mail.JsonName())));
        parts.AddRange(query.Techniques.Select(technique => KeyValuePair.Create("technique", (string?)technique)));
        Add("messageId", query.MessageId);
        Add("author", query.Author);
        Add("decided", query.HasDecision switch { true => "true", false => "false", null => null });
        Add("from", query.From is { } from ? ContractJson.Time(from) : null);
        Add("before", query.Before is { } before ? ContractJson.Time(before) : null);
        Add("order", query.Order == VerdictOrder.MostSuspicious ? "most-suspicious" : null);
        return QueryString.Create(parts).ToUriComponent();

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) parts.Add(new(name, value));
        }
    }

    private static VerdictQuery Set(VerdictQuery query, string name, StringValues values) => name switch
    {
        "q" => query with { Text = Words(name, values) },
        "action" => query with { Actions = Many<VerdictAction>(name, values) },
        "channel" => query with { Channels = Many<Channel>(name, values) },
        "authorship" => query with { Authorship = Many<Authorship>(name, values) },
        "mail" => query with { Mail = Many<MailKind>(name, values) },
        "technique" => query with { Techniques = [.. Split(values)] },
        "messageId" => query with { MessageId = One(name, values) },
        "author" => query with { Author = One(name, values) },
        "decided" => query with { HasDecision = bool.TryParse(One(name, values), out bool decided) ? decided : throw new FieldException(name, "must be true or false") },
        "from" => query with { From = Time(name, values) },
        "before" => query with { Before = Time(name, values) },
        "order" => query with { Order = Order(name, values) },
        "take" => query with { Take = Take(name, values) },
        "after" => query with { After = One(name, values) },
        _ => throw new FieldException(name, "is unknown; known are q, action, channel, authorship, mail, technique, messageId, author, decided, from, before, order, take, after"),
    };

    private static IEnumerable<string> Split(StringValues values) =>
        values.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal);

    private static T[] Many<T>(string name, StringValues values) where T : struct, Enum =>
        [.. Split(values).Select(value => ContractNames.TryParse(value, out T one)
            ? one
            : throw new FieldException(name, "must be one of " + string.Join(", ", ContractNames.All<T>().Select(known => known.JsonName()))))];

    private static string One(string name, StringValues values) =>
        values is [{ Length: > 0 } value] ? value : throw new FieldException(name, "must be given once, with a value");

    private static string Words(string name, StringValues values) =>
        One(name, values) is { Length: <= MaxWords } words ? words : throw new FieldException(name, $"must have at most {MaxWords} characters");

    private static DateTimeOffset Time(string name, StringValues values) =>
        DateTimeOffset.TryParse(One(name, values), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new FieldException(name, "must be a time in RFC 3339, for example 2026-01-31T08:30:00Z");

    private static VerdictOrder Order(string name, StringValues values) => One(name, values) switch
    {
        "newest" => VerdictOrder.Newest,
        "most-suspicious" => VerdictOrder.MostSuspicious,
        _ => throw new FieldException(name, "must be newest or most-suspicious"),
    };

    private static int Take(string name, StringValues values) =>
        int.TryParse(One(name, values), NumberStyles.None, CultureInfo.InvariantCulture, out int take) && take is >= 1 and <= 500
            ? take
            : throw new FieldException(name, "must be a whole number from 1 to 500");
}
