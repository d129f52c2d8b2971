using System.Text.Json;
using System.Text.Json.Serialization;

namespace Detection.Contracts;

/// <summary>
/// What comes in: a mail, a post, a text message. One of <see cref="Text"/>, <see cref="Html"/>, <see cref="Raw"/> is needed.
/// After ingest <see cref="Id"/>, <see cref="Text"/> (the body as a person sees it, with its line breaks) and <see cref="Channel"/> are set,
/// <see cref="Html"/> and <see cref="Raw"/> are gone, and every offset counts UTF-16 code units of <see cref="Text"/> or <see cref="Subject"/>.
/// </summary>
public sealed record Message
{
    public string? Id { get; init; }
    public string? Text { get; init; }
    public string? Html { get; init; }

    /// <summary>A whole RFC 822 message; wins over text, html and subject.</summary>
    public string? Raw { get; init; }

    /// <summary><c>base64</c> or <c>latin1</c> (one character a byte); absent: strict base64, else latin1.</summary>
    public string? RawEncoding { get; init; }

    public string? Subject { get; init; }

    [JsonConverter(typeof(AuthorConverter))]
    public Author? Author { get; init; }

    public IReadOnlyList<Mailbox>? Recipients { get; init; }
    public string? ReplyTo { get; init; }
    public string? InReplyTo { get; init; }
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>Trusted only from a configured receiver.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }

    /// <summary>BCP 47, as the sender says; the detector identifies the language by itself.</summary>
    public string? Language { get; init; }

    public IReadOnlyList<string>? Urls { get; init; }
    public IReadOnlyList<Attachment>? Attachments { get; init; }
    public IReadOnlyList<Header>? Headers { get; init; }
    public IReadOnlyList<Link>? Links { get; init; }
    public IReadOnlyList<HiddenText>? Hidden { get; init; }

    /// <summary>Trusted only from a configured receiver.</summary>
    public Authentication? Authentication { get; init; }

    public Channel Channel { get; init; }

    /// <summary>Where it was taken from, free text.</summary>
    public string? Source { get; init; }

    /// <summary>What ingest noticed and a person or a detector may want to know, for example <c>alternatives-differ</c>.</summary>
    public IReadOnlyList<Fact>? Facts { get; init; }
}

/// <summary>Who wrote it; a plain string in JSON is the id.</summary>
public sealed record Author(string? Id = null, string? Name = null, string? Address = null);

public sealed record Mailbox(string? Name = null, string? Address = null);

public sealed record Attachment(string? Name, string? ContentType, long Size);

public sealed record Header(string Name, string Value);

/// <summary>What a person reads and where it leads.</summary>
public sealed record Link(string Text, string Target);

/// <summary>Text in the message that a person does not see, and why: <c>display-none</c>, <c>tiny-font</c>, <c>same-colour</c>, <c>off-screen</c>, …</summary>
public sealed record HiddenText(string Reason, string Text);

/// <summary>Results as in RFC 8601: pass, fail, none, …</summary>
public sealed record Authentication(string? Spf = null, string? Dkim = null, string? Dmarc = null, string? Arc = null);

/// <summary>A named observation of ingest: <paramref name="Name"/> is stable, <paramref name="Detail"/> is for people.</summary>
public sealed record Fact(string Name, string Detail);

internal sealed class AuthorConverter : JsonConverter<Author?>
{
    public override Author? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => new Author(reader.GetString()),
        JsonTokenType.StartObject => JsonSerializer.Deserialize<Author>(ref reader, options),
        _ => throw new JsonException("author must be a string or an object with id, name, address."),
    };

    public override void Write(Utf8JsonWriter writer, Author? value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, options);
}
