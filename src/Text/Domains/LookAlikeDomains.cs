using System.Collections.Frozen;
using System.Text;
using Detection.Text.Normalising;

namespace Detection.Text;

/// <summary>A name that people trust, and the domains (registrable parts) that belong to it.</summary>
/// <param name="Label">One word, lower case, as it stands in domains.</param>
public sealed record TrustedName(string Label, IReadOnlyList<string> Domains);

/// <summary>
/// Domains made to be taken for another: other letters (<c>paypa1.com</c>, Cyrillic a), one letter more, less or swapped, or the name as a part of something else
/// (<c>paypal-secure.com</c>, <c>paypal.com.evil.net</c>). Compared with a list of often imitated names and with names that the caller gives, such as the receiver's own; of the latter an
/// honest domain may be the same label under another common ending, or a customer's part of a service (<c>firm.helpdesk.com</c>), so neither counts.
/// </summary>
public static class LookAlikeDomains
{
    /// <summary>Shorter names differ by one letter from too many honest ones.</summary>
    private const int ShortestWithTypo = 6;

    /// <summary>Shorter names are words of too many honest domains.</summary>
    private const int ShortestAsPart = 5;

    private const int LongestLabel = 63;

    /// <summary>Names that phishing borrows most, by hand, without those that are ordinary words (apple, chase, zoom).</summary>
    private const string Often = """
        paypal paypal.com paypal.me paypalobjects.com
        microsoft microsoft.com microsoftonline.com office.com office365.com live.com outlook.com sharepoint.com windows.net azure.com
        office365 microsoft.com office.com office365.com
        onedrive live.com microsoft.com onedrive.com
        sharepoint sharepoint.com microsoft.com
        outlook outlook.com microsoft.com live.com office.com
        icloud icloud.com apple.com
        itunes apple.com itunes.com
        google google.com gmail.com googlemail.com withgoogle.com googleapis.com google.dev youtube.com
        gmail google.com gmail.com
        amazon amazon.com amazonaws.com amazon.jobs amazonses.com media-amazon.com
        netflix netflix.com nflxext.com
        spotify spotify.com
        facebook facebook.com facebookmail.com fb.com meta.com
        instagram instagram.com facebook.com meta.com
        whatsapp whatsapp.com whatsapp.net meta.com
        linkedin linkedin.com licdn.com
        dropbox dropbox.com dropboxmail.com
        docusign docusign.com docusign.net
        adobesign adobe.com adobesign.com
        wellsfargo wellsfargo.com wf.com
        bankofamerica bankofamerica.com bofa.com
        citibank citi.com citibank.com
        hsbc hsbc.com hsbc.co.uk
        barclays barclays.com barclays.co.uk
        santander santander.com santander.co.uk
        natwest natwest.com
        lloydsbank lloydsbank.com lloydsbank.co.uk
        americanexpress americanexpress.com aexp.com
        mastercard mastercard.com
        coinbase coinbase.com
        binance binance.com binance.us
        metamask metamask.io
        blockchain blockchain.com blockchain.info
        trustwallet trustwallet.com
        opensea opensea.io
        revolut revolut.com
        fedex fedex.com
        usps usps.com usps.gov
        royalmail royalmail.com
        correios correios.com.br
        bradesco bradesco.com.br
        itau itau.com.br
        nubank nubank.com.br
        mercadolivre mercadolivre.com.br
        ebay ebay.com ebay.co.uk ebay.de ebaystatic.com
        walmart walmart.com
        costco costco.com
        bestbuy bestbuy.com
        geeksquad bestbuy.com geeksquad.com
        shopify shopify.com myshopify.com
        airbnb airbnb.com
        telegram telegram.org t.me
        discord discord.com discordapp.com
        steamcommunity steamcommunity.com steampowered.com
        steampowered steampowered.com steamcommunity.com
        norton norton.com nortonlifelock.com gen.com
        mcafee mcafee.com
        verizon verizon.com verizonwireless.com
        xfinity xfinity.com comcast.net comcast.com
        vodafone vodafone.com vodafone.co.uk vodafone.de
        tmobile t-mobile.com tmobile.com
        hmrc gov.uk service.gov.uk
        dvla gov.uk service.gov.uk
        """;

    /// <summary>Listed names that are words or products too: <c>outlook.addons.biz</c> says what it is for.</summary>
    private static readonly FrozenSet<string> Words = FrozenSet.ToFrozenSet(["outlook", "sharepoint", "blockchain", "telegram", "discord", "norton", "office365"], StringComparer.Ordinal);

    /// <summary>Endings that a company registers beside its own.</summary>
    private static readonly FrozenSet<string> Common = FrozenSet.ToFrozenSet(["com", "net", "org", "info", "biz", "edu", "eu"], StringComparer.Ordinal);

    private static readonly TrustedName[] Listed = [.. Often.Split('\n').Select(line => line.Trim().Split(' ')).Select(parts => new TrustedName(parts[0], parts[1..]))];
    private static readonly FrozenSet<string> Honest = Listed.SelectMany(name => name.Domains).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The often imitated names.</summary>
    public static IReadOnlyList<TrustedName> OftenImitated => Listed;

    /// <summary>A name as its owner's domain gives it; null where the label is too short or too long to say anything.</summary>
    public static TrustedName? Owner(string domain)
    {
        string registrable = DomainNames.Registrable(domain), label = registrable.Split('.')[0];
        return label.Length is >= ShortestAsPart and <= LongestLabel && label.Length < registrable.Length ? new TrustedName(label, [registrable]) : null;
    }

    /// <summary>The name that a domain is made to look like; null for a domain of the name's owner, and for most.</summary>
    /// <param name="domain">Lower case, in its ASCII form.</param>
    /// <param name="more">Names beside the list, for example the receiver's own.</param>
    public static TrustedName? Imitated(string domain, IEnumerable<TrustedName> more)
    {
        if (domain.Length > 253) return null;
        string registrable = DomainNames.Registrable(domain);
        if (Honest.Contains(registrable)) return null;
        string label = registrable.Split('.')[0], ending = registrable[Math.Min(registrable.Length, label.Length + 1)..], shown = Skeleton(DomainNames.Shown(label));
        string[] labels = domain.Split('.');
        string before = "." + domain[..Math.Max(0, domain.Length - registrable.Length - 1)];
        return Listed.FirstOrDefault(name => Is(name, listed: true)) ?? more.FirstOrDefault(name => Is(name, listed: false));

        bool Is(TrustedName name, bool listed)
        {
            if (name.Domains.Contains(registrable)) return false;
            if (label == name.Label) return !IsUsual(ending, listed);
            if (shown == name.Label || (name.Label.Length >= ShortestWithTypo && label.Length <= LongestLabel && IsOneEdit(name.Label, shown))) return true;
            if (name.Label.Length < ShortestAsPart) return false;
            if (name.Domains.Any(own => before.EndsWith("." + own, StringComparison.Ordinal) || before.Contains("." + own + ".", StringComparison.Ordinal))) return true;
            return (listed ? labels : [label]).Any(one => IsPart(name.Label, one, label, listed));
        }
    }

    /// <summary>A company is at home under many countries' endings.</summary>
    private static bool IsUsual(string ending, bool listed) => ending.Length == 0 || ending.Split('.')[^1] is var last && (last.Length == 2 || !listed && Common.Contains(last));

    private static bool IsPart(string name, string one, string label, bool listed) => one == name
        ? listed && !Words.Contains(name)
        : one.Split('-').Any(part => part == name || part.Length <= LongestLabel && part != label && Skeleton(part) == name);

    /// <summary>Latin letters for look-alikes, letters for digits and pairs that pass for them.</summary>
    private static string Skeleton(string label)
    {
        var letters = new StringBuilder(label.Length);
        foreach (var rune in label.EnumerateRunes())
        {
            var (letter, kind) = Confusables.Find(rune.Value);
            if (kind != LookAlike.None) letters.Append(char.ToLowerInvariant(letter));
            else letters.Append(rune.Value switch { '0' => "o", '1' => "l", '3' => "e", '5' => "s", '$' => "s", _ => Base(rune) });
        }
        return letters.Replace("rn", "m").Replace("vv", "w").ToString();
    }

    /// <summary>A letter without its accent.</summary>
    private static string Base(Rune rune) => rune.IsAscii ? rune.ToString().ToLowerInvariant() : rune.ToString().Normalize(NormalizationForm.FormD)[..1].ToLowerInvariant();

    /// <summary>One letter more, less, another, or two neighbours swapped.</summary>
    private static bool IsOneEdit(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > 1 || one == other) return false;
        int same = 0, last = 0, shorter = Math.Min(one.Length, other.Length);
        while (same < shorter && one[same] == other[same]) same++;
        while (last < shorter - same && one[^(last + 1)] == other[^(last + 1)]) last++;
        int left = one.Length - same - last, right = other.Length - same - last;
        return left <= 1 && right <= 1 || left == 2 && right == 2 && one[same] == other[same + 1] && one[same + 1] == other[same];
    }
}
