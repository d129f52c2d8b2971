using System.Text.RegularExpressions;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>What the addresses and attachments of a message say beside its words.</summary>
internal static partial class SenderFacts
{
    private static readonly HashSet<string> Executable = new(StringComparer.OrdinalIgnoreCase)
    {
        ".exe", ".scr", ".com", ".bat", ".cmd", ".pif", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".hta", ".ps1", ".lnk", ".msi", ".jar", ".iso", ".img", ".html", ".htm", ".shtml", ".svg", ".docm", ".xlsm", ".one",
    };

    public static IEnumerable<Fact> Of(Message message)
    {
        string? from = DomainNames.OfAddress(message.Author?.Address);
        if (from is not null && DomainNames.OfAddress(message.ReplyTo) is { } reply && !DomainNames.SameOwner(from, reply))
            yield return new Fact("reply-to-mismatch", $"Answers go to {reply}, the sender is at {from}.");
        if (from is not null && message.Author?.Name is { } name && Address().Match(name) is { Success: true } shown
            && DomainNames.OfAddress(shown.Value) is { } claimed && !DomainNames.SameOwner(from, claimed))
            yield return new Fact("display-name-address", $"The sender's name shows an address at {claimed}, the mail is from {from}.");
        foreach (var link in message.Links ?? [])
            if (DomainNames.InText(link.Text) is { } text && DomainNames.OfUrl(link.Target) is { } target && !DomainNames.SameOwner(text, target))
                yield return new Fact("link-mismatch", $"A link reads {text} and leads to {target}.");
        foreach (var attachment in message.Attachments ?? [])
            if (Executable.Contains(Path.GetExtension(attachment.Name ?? "")))
                yield return new Fact("attachment-executable", $"An attachment of type {Path.GetExtension(attachment.Name)} can run when opened.");
    }

    [GeneratedRegex(@"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,5}", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
