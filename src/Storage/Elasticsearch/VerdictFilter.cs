using System.Text.Json.Nodes;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>The conditions of a query in the server's language.</summary>
internal sealed class VerdictFilter
{
    // Full names, so that a hit names its field.
    private static readonly (string Path, string Field)[] Searched =
        [("message.subject", "subject"), ("message.text", "text"), ("message.author.name", "author"), ("message.author.address", "author"), ("message.author.id", "author")];

    private readonly List<JsonObject> _clauses = [];
    private readonly IReadOnlyList<string> _words = [];

    /// <exception cref="ArgumentException">Names the field that cannot be used.</exception>
    public VerdictFilter(VerdictQuery query)
    {
        if (!string.IsNullOrWhiteSpace(query.Text))
        {
            _words = SearchText.Words(query.Text);
            _clauses.AddRange(_words.Count == 0 ? [Clause.Nothing] : _words.Select(Word));
        }
        AddAny("action", query.Actions.Select(ContractNames.Of));
        AddAny("channel", query.Channels.Select(channel => channel.Name()));
        AddAny("authorship", query.Authorship.Select(ContractNames.Of));
        AddAny("decided.mail", query.Mail.Select(ContractNames.Of));
        AddAny("decided.techniques", query.Techniques);
        if (!string.IsNullOrEmpty(query.MessageId)) _clauses.Add(Clause.Term("messageId", query.MessageId));
        if (!string.IsNullOrEmpty(query.Author)) _clauses.Add(Clause.Term("derived.authors", query.Author.ToLowerInvariant()));
        if (query.HasDecision is { } decided) _clauses.Add(decided ? Clause.Exists("decision.decisionId") : Clause.Not(Clause.Exists("decision.decisionId")));
        if (query.From is { } from) _clauses.Add(Clause.Range("derived.processed", "gte", from.UtcTicks));
        if (query.Before is { } before) _clauses.Add(Clause.Range("derived.processed", "lt", before.UtcTicks));
    }

    public JsonObject Query => Clause.All(_clauses.Select(clause => clause.DeepClone().AsObject()));

    /// <summary>The pieces to be marked; null where no words are searched for.</summary>
    public JsonObject? Highlight => _words.Count == 0 ? null : new JsonObject
    {
        ["type"] = "unified",
        ["number_of_fragments"] = 1,
        ["fragment_size"] = 240,
        ["order"] = "score",
        ["encoder"] = "default",
        ["pre_tags"] = new JsonArray(MarkedText.Open),
        ["post_tags"] = new JsonArray(MarkedText.Close),
        ["fields"] = new JsonObject(Searched.Select(searched => KeyValuePair.Create(searched.Path, (JsonNode?)new JsonObject()))),
    };

    public static IReadOnlyList<Highlight> Highlights(System.Text.Json.JsonElement hit) => !hit.TryGetProperty("highlight", out var found) ? [] :
        [.. Searched.Where(searched => found.TryGetProperty(searched.Path, out _)).Select(searched => MarkedText.Read(searched.Field, found.GetProperty(searched.Path)[0].GetString()!)).Where(highlight => highlight.Hits.Count > 0)];

    // A word with signs in it ("e-mail") is several to the index, which must follow each other; in one field, whichever.
    private static JsonObject Word(string word) => new()
    {
        ["multi_match"] = new JsonObject { ["query"] = word, ["type"] = "phrase", ["fields"] = new JsonArray([.. Searched.Select(searched => (JsonNode)searched.Path)]) },
    };

    private void AddAny(string field, IEnumerable<string> wanted)
    {
        string[] values = [.. wanted];
        if (values.Length > 0) _clauses.Add(Clause.Terms(field, values));
    }
}
