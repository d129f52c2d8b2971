using System.Text.RegularExpressions;
using Detection.Contracts;

namespace Detection.Moderation.Dashboard;

/// <summary>Whether a link says one host and leads to another.</summary>
internal static partial class LinkFacts
{
    public static bool IsMisleading(Link link)
    {
        var said = Host().Match(link.Text.Trim());
        if (!said.Success || !Uri.TryCreate(link.Target, UriKind.Absolute, out var target) || target.Host.Length == 0) return false;
        string saidHost = Bare(said.Groups[1].Value), leadsTo = Bare(target.Host);
        return saidHost != leadsTo && !leadsTo.EndsWith("." + saidHost, StringComparison.Ordinal);
    }

    private static string Bare(string host)
    {
        string lower = host.ToLowerInvariant();
        return lower.StartsWith("www.", StringComparison.Ordinal) ? lower[4..] : lower;
    }

    [GeneratedRegex(@"^(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?:[/:?#].*)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 200)]
    private static partial Regex Host();
}
