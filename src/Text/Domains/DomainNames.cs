using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Detection.Text;

/// <summary>Domain names in addresses, links and link texts, and whether two belong to one owner.</summary>
public static partial class DomainNames
{
    // A bare "word.word" is a site only if it ends like one; countries (two letters) apart, these carry nearly all mail.
    private static readonly HashSet<string> Endings =
    [
        "com", "net", "org", "info", "biz", "edu", "gov", "mil", "int", "app", "dev", "xyz", "online", "site", "shop", "store", "club", "top", "live", "pro", "cloud", "bank", "link", "click", "page",
        "web", "email", "news", "blog", "tech", "space", "website", "support", "services", "world", "today", "example", "invalid", "test",
    ];

    // Two letters as well, but of files: "notes.md" is no site in Moldova.
    private static readonly HashSet<string> FileEndings = ["md", "sh", "py", "ps", "js", "gz", "cs", "rs"];

    private static readonly IdnMapping Idn = new();

    public static string? OfAddress(string? address)
    {
        int at = address?.LastIndexOf('@') ?? -1;
        return at < 0 ? null : Clean(address![(at + 1)..].TrimEnd('>', ' '));
    }

    /// <summary>The host of a web address: a domain name, or an IP address as it stands.</summary>
    public static string? OfUrl(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")) return null;
        try
        {
            return parsed.HostNameType == UriHostNameType.Dns ? Clean(parsed.IdnHost)
                : parsed.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 ? parsed.DnsSafeHost
                : null;
        }
        // Some addresses are parsed, and only then found to hold what no host may.
        catch (UriFormatException) { return null; }
    }

    /// <summary>The domain that a link's text claims: the whole text is an address of a site.</summary>
    public static string? InText(string text)
    {
        var match = SiteName().Match(text.Trim());
        if (!match.Success || Clean(match.Groups[2].Value) is not { } domain) return null;
        string ending = domain[(domain.LastIndexOf('.') + 1)..];
        bool plain = match.Groups[1].Length > 0 || domain.StartsWith("www.", StringComparison.Ordinal);
        return plain || Endings.Contains(ending) || (ending.Length == 2 && !FileEndings.Contains(ending)) || ending.StartsWith("xn--", StringComparison.Ordinal) ? domain : null;
    }

    /// <summary>The registrable parts are equal.</summary>
    public static bool SameOwner(string one, string other) => Registrable(one) == Registrable(other);

    /// <summary>The part that someone registered: the public suffix and one label more (<c>mail.shop.co.uk</c>: <c>shop.co.uk</c>). An IP address, or a suffix itself, as it stands.</summary>
    public static string Registrable(string domain) => IPAddress.TryParse(domain, out _) ? domain : PublicSuffixes.Registrable(domain);

    /// <summary>As a person reads it: Unicode instead of Punycode where that is possible.</summary>
    public static string Shown(string domain)
    {
        try { return Idn.GetUnicode(domain); }
        catch (ArgumentException) { return domain; }
    }

    /// <summary>Lower case and in the ASCII form (RFC 5891), so that a name compares equal however it is written.</summary>
    private static string? Clean(string domain)
    {
        domain = domain.Trim().TrimEnd('.').ToLowerInvariant();
        if (domain.Length is 0 or > 253 || !domain.Contains('.', StringComparison.Ordinal)) return null;
        try { return Idn.GetAscii(domain).ToLowerInvariant(); }
        catch (ArgumentException) { return domain; }
    }

    [GeneratedRegex(@"\A(https?://)?((?:[\w-]{1,63}\.){1,6}(?:xn--[\w-]{1,59}|\p{L}{2,24}))(?:[/:?#]\S{0,500})?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SiteName();
}
