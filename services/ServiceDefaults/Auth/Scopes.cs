namespace Detection.ServiceDefaults.Auth;

/// <summary>What a key or an account may do; each is the name of an authorization policy too. <see cref="Admin"/> implies the others.</summary>
public static class Scopes
{
    /// <summary>Hands messages in: <c>POST /api/v1/scan</c>.</summary>
    public const string Ingest = "ingest";

    /// <summary>Sees verdicts, decisions, versions, metrics, the dashboard.</summary>
    public const string Read = "read";

    /// <summary>Decides on verdicts.</summary>
    public const string Decide = "decide";

    /// <summary>Chooses models and erases, and everything else.</summary>
    public const string Admin = "admin";

    public static IReadOnlyList<string> All { get; } = [Ingest, Read, Decide, Admin];

    /// <summary>Null: at least one scope, each known, none twice.</summary>
    internal static string? Problem(IReadOnlyList<string> scopes)
    {
        string known = string.Join(", ", All);
        if (scopes.Count == 0) return $"must name at least one of {known}";
        if (scopes.FirstOrDefault(scope => !All.Contains(scope)) is { } unknown) return $"names '{Shown(unknown)}'; known are {known}";
        return scopes.Distinct(StringComparer.Ordinal).Count() < scopes.Count ? "names a scope twice" : null;
    }

    private static string Shown(string text) => new([.. text.Take(20).Select(letter => char.IsControl(letter) ? '?' : letter)]);
}
