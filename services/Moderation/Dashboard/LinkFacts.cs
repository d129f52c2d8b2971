using System.Text.RegularExpressions;
using Detection.Contracts;

namespace Detection.Moderation.Dashboard;

/// <summary>What is wrong with a link, in words.</summary>
internal static partial class LinkFacts
{
    private static readonly string[] Active = ["javascript", "data", "vbscript", "file", "blob"];

    /// <summary>Null for a link that does what it says.</summary>
    public static string? Warning(Link link)
    {
        if (!Uri.TryCreate(link.Target.Trim(), UriKind.Absolute, out var target)) return null;
        if (Active.Contains(target.Scheme)) return $"a {target.Scheme}: target";
        var said = Host().Match(link.Text.Trim());
        if (!said.Success || target.Host.Length == 0) return null;
        string saidHost = Bare(said.Groups[1].Value), leadsTo = Bare(target.Host);
        return saidHost == leadsTo || leadsTo.EndsWith("." + saidHost, StringComparison.Ordinal) ? null : "text names another host";
    }

    private static string Bare(string host)
    {
        string lower = host.ToLowerInvariant();
        return lower.StartsWith("www.", StringComparison.Ordinal) ? lower[4..] : lower;
    }

    [GeneratedRegex(@"^(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?:[/:?#].*)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 200)]
    private static partial Regex Host();
}
