using System.Text.RegularExpressions;
using Detection.Contracts;

namespace Detection.Storage;

/// <summary>
/// Masks what points at a person: mail addresses, numbers of seven or more digits (phones, cards, accounts; dates too) and whatever follows the host in a link.
/// Pure. Every character masked becomes one <c>*</c>: lengths and offsets stay as they were. What is masked stays so when it is masked again.
/// </summary>
public static class Redaction
{
    private const char Mask = '*';

    // Messages come from strangers: matching takes time in proportion to the text, whatever is in it.
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly Regex Link = new("""(?:[a-z][a-z0-9+.-]{1,15}://|www\.)[^\s/?#<>"*]+(?<path>[/?#][^\s<>"]*)""", Linear | RegexOptions.IgnoreCase);
    private static readonly Regex Address = new("""[^\s@<>"(),;:/?#*\[\]]+(?:@[^\s@<>"(),;:/?#*\[\]]+)+""", Linear);
    private static readonly Regex Number = new("""\d(?:[ .\-/()\u00A0]{0,2}\d){6,}""", Linear);

    public static string Text(string text)
    {
        char[]? masked = null;
        foreach (var match in Link.Matches(text).Select(match => (Capture)match.Groups["path"]).Concat(Address.Matches(text)).Concat(Number.Matches(text)))
        {
            masked ??= text.ToCharArray();
            masked.AsSpan(match.Index, match.Length).Fill(Mask);
        }
        return masked is null ? text : new string(masked);
    }

    /// <summary>The words of a message: text, subject, links, hidden text, values of headers, details of facts, and whom it was sent to.</summary>
    public static Message Message(Message message) => message with
    {
        Text = OrNull(message.Text),
        Html = null,
        Raw = null,
        Subject = OrNull(message.Subject),
        Recipients = message.Recipients is null ? null : [.. message.Recipients.Select(to => new Mailbox(OrNull(to.Name), OrNull(to.Address)))],
        Urls = message.Urls is null ? null : [.. message.Urls.Select(Text)],
        Headers = message.Headers is null ? null : [.. message.Headers.Select(header => header with { Value = Text(header.Value) })],
        Links = message.Links is null ? null : [.. message.Links.Select(link => new Link(Text(link.Text), Text(link.Target)))],
        Hidden = message.Hidden is null ? null : [.. message.Hidden.Select(hidden => hidden with { Text = Text(hidden.Text) })],
        Facts = message.Facts is null ? null : [.. message.Facts.Select(fact => fact with { Detail = Text(fact.Detail) })],
    };

    private static string? OrNull(string? text) => text is null ? null : Text(text);
}
