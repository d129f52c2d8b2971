using System.Net;
using System.Text.RegularExpressions;
using Detection.Contracts;
using Detection.Text;

namespace Detection.Ingest;

/// <summary>What the sender, the links and the attachments of a message say beside its words.</summary>
internal static partial class SenderFacts
{
    private const int MostOfOneKind = 5;
    private const int MostHosts = 200;
    private const int MostNameWords = 20;

    private static readonly HashSet<string> Executable = new(StringComparer.OrdinalIgnoreCase)
    {
        ".exe", ".scr", ".com", ".bat", ".cmd", ".pif", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".hta", ".ps1", ".lnk", ".msi", ".jar", ".iso", ".img", ".html", ".htm", ".shtml", ".svg", ".docm", ".xlsm", ".one",
    };

    private static readonly HashSet<string> Documents = new(StringComparer.OrdinalIgnoreCase)
    {
        ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".txt", ".csv", ".rtf", ".jpg", ".jpeg", ".png", ".gif", ".mp3", ".wav", ".mp4", ".zip",
    };

    /// <summary>Everyone has an address there: such a domain names no company.</summary>
    private static readonly HashSet<string> MailProviders =
    [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "aol.com", "icloud.com", "me.com", "gmx.de", "gmx.net", "web.de", "mail.com", "mail.ru", "yandex.ru", "proton.me",
        "protonmail.com", "zoho.com", "t-online.de", "comcast.net", "verizon.net", "att.net", "btinternet.com", "orange.fr", "free.fr", "libero.it", "qq.com", "163.com",
    ];

    private static readonly HashSet<string> Shorteners =
    [
        "bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "v.gd", "buff.ly", "rebrand.ly", "cutt.ly", "shorturl.at", "rb.gy", "tiny.cc", "t.ly", "lnkd.in", "goo.su", "s.id", "bl.ink", "soo.gd", "short.io",
    ];

    public static IEnumerable<Fact> Of(Message message)
    {
        string? from = DomainNames.OfAddress(message.Author?.Address);
        return Sender(message, from).Concat(Authentication(message.Authentication)).Concat(LinkTexts(message).Take(MostOfOneKind)).Concat(Hosts(message, from)).Concat(Attachments(message).Take(MostOfOneKind));
    }

    private static IEnumerable<Fact> Sender(Message message, string? from)
    {
        if (from is null) yield break;
        if (DomainNames.OfAddress(message.ReplyTo) is { } reply && !DomainNames.SameOwner(from, reply))
            yield return new Fact("reply-to-mismatch", $"Answers go to {reply}, the sender is at {from}.");
        string name = message.Author?.Name ?? "";
        if (Address().Match(name) is { Success: true } shown && DomainNames.OfAddress(shown.Value) is { } claimed && !DomainNames.SameOwner(from, claimed))
            yield return new Fact("display-name-address", $"The sender's name shows an address at {claimed}, the mail is from {from}.");
        string registrable = DomainNames.Registrable(from);
        string[] plain = [.. Word().Matches(name).Select(word => word.Value.ToLowerInvariant()).Take(MostNameWords)];
        // "Wells Fargo" as well as "wellsfargo".
        string[] words = [.. plain, .. plain.Zip(plain.Skip(1), (one, next) => one + next)];
        if (LookAlikeDomains.OftenImitated.Concat(Receivers(message)).FirstOrDefault(known => words.Contains(known.Label)) is { } borrowed
            && !borrowed.Domains.Contains(registrable) && registrable.Split('.')[0] != borrowed.Label)
            yield return new Fact("display-name-brand", $"The sender calls itself {borrowed.Label}, the mail is from {from}.");
    }

    /// <summary>Only of a trusted receiver: others are not kept by ingest. A pass under DMARC (RFC 7489) means that the domain in From is aligned.</summary>
    private static IEnumerable<Fact> Authentication(Authentication? results)
    {
        if (results is null) yield break;
        bool Is(string? result, params ReadOnlySpan<string> values)
        {
            foreach (string value in values)
                if (string.Equals(result, value, StringComparison.OrdinalIgnoreCase)) return true;
            return false;
        }

        if (Is(results.Dmarc, "pass"))
            yield return new Fact("authentication-passed", "The receiving server confirmed that the sender's domain sent it (DMARC pass).");
        else if (Is(results.Dmarc, "fail") || Is(results.Spf, "fail", "softfail") && !Is(results.Dkim, "pass") || Is(results.Dkim, "fail") && !Is(results.Spf, "pass"))
            yield return new Fact("authentication-failed",
                $"The receiving server could not confirm the sender's domain (SPF {Known(results.Spf)}, DKIM {Known(results.Dkim)}, DMARC {Known(results.Dmarc)}).");
    }

    private static string Known(string? result) => result is { Length: > 0 and < 20 } ? result : "none";

    private static IEnumerable<Fact> LinkTexts(Message message)
    {
        foreach (var link in message.Links ?? [])
            if (DomainNames.InText(link.Text) is { } text && DomainNames.OfUrl(link.Target) is { } target && !DomainNames.SameOwner(text, target))
                yield return new Fact("link-mismatch", $"A link reads {text} and leads to {target}.");
    }

    /// <summary>Where links lead, and from where the mail comes.</summary>
    private static List<Fact> Hosts(Message message, string? from)
    {
        var facts = new List<Fact>();
        void Note(string name, string detail)
        {
            if (facts.Count(fact => fact.Name == name) < MostOfOneKind) facts.Add(new Fact(name, detail));
        }

        TrustedName[] known = [.. Receivers(message)];
        if (from is not null && LookAlikeDomains.Imitated(from, known) is { } copied) Note("look-alike-domain", $"The sender is at {DomainNames.Shown(from)}, which looks like {copied.Domains[0]}.");
        TrustedName[] trusted = from is not null && LookAlikeDomains.Owner(from) is { } owner && !MailProviders.Contains(owner.Domains[0]) ? [.. known, owner] : known;
        var hosts = new HashSet<string>(StringComparer.Ordinal);
        foreach (string url in (message.Links ?? []).Select(link => link.Target).Concat(message.Urls ?? []))
        {
            if (DomainNames.OfUrl(url) is not { } host || hosts.Count >= MostHosts) continue;
            if (Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.UserInfo.Length > 0) Note("link-userinfo", $"A link names something else before its host, {host}, so that it is taken for that.");
            if (!hosts.Add(host)) continue;
            if (IPAddress.TryParse(host, out _)) Note("link-ip", $"A link leads to a machine without a name, {host}.");
            else if (Shorteners.Contains(DomainNames.Registrable(host))) Note("link-shortened", $"A link goes through {host}, which hides where it leads.");
            else if (LookAlikeDomains.Imitated(host, trusted) is { } imitated) Note("look-alike-domain", $"A link leads to {DomainNames.Shown(host)}, which looks like {imitated.Domains[0]}.");
            else if (host.Contains("xn--", StringComparison.Ordinal)) Note("link-punycode", $"A link leads to {host}, which is shown as {DomainNames.Shown(host)}.");
        }
        return facts;
    }

    /// <summary>The companies that the receivers belong to: spear phishing borrows their names.</summary>
    private static IEnumerable<TrustedName> Receivers(Message message) => (message.Recipients ?? []).Take(20)
        .Select(to => DomainNames.OfAddress(to.Address)).OfType<string>().Select(LookAlikeDomains.Owner).OfType<TrustedName>()
        .Where(name => !MailProviders.Contains(name.Domains[0])).DistinctBy(name => name.Label);

    private static IEnumerable<Fact> Attachments(Message message)
    {
        foreach (var attachment in message.Attachments ?? [])
        {
            string name = attachment.Name ?? "", ending = Path.GetExtension(name), inner = Path.GetExtension(name.Length > ending.Length ? name[..^ending.Length] : "");
            if (!Executable.Contains(ending)) continue;
            yield return new Fact("attachment-executable", $"An attachment of type {ending} can run when opened.");
            if (Documents.Contains(inner.TrimEnd())) yield return new Fact("attachment-double-extension", $"An attachment is named as a document ({inner.Trim()}), but is of type {ending}.");
        }
    }

    [GeneratedRegex(@"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,5}", RegexOptions.CultureInvariant)]
    private static partial Regex Address();

    [GeneratedRegex(@"[\p{L}\p{Nd}]{1,64}", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
