using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Detection.Text;

/// <summary>
/// The public suffix list (Mozilla, MPL-2.0): under which names strangers can register their own, so that <c>shop.co.uk</c> and <c>bank.co.uk</c> are two owners, and
/// <c>a.github.io</c> and <c>b.github.io</c> too.
/// </summary>
internal static class PublicSuffixes
{
    private static readonly Lazy<Rules> Listed = new(Read);

    /// <param name="domain">Lower case, in its ASCII form.</param>
    public static string Registrable(string domain)
    {
        var rules = Listed.Value;
        int before = -1;   // where the label starts that stands before the suffix
        for (int start = 0; ; before = start, start = domain.IndexOf('.', start) + 1)
        {
            string rest = domain[start..];
            int dot = rest.IndexOf('.', StringComparison.Ordinal);
            if (rules.Exceptions.Contains(rest)) return rest;
            // A name that no rule has is a suffix by its last label alone.
            if (dot < 0 || rules.Plain.Contains(rest) || rules.Wildcards.Contains(rest[(dot + 1)..])) return before < 0 ? domain : domain[before..];
        }
    }

    private static Rules Read()
    {
        var idn = new IdnMapping();
        List<string> plain = [], wildcards = [], exceptions = [];
        using var lines = new StreamReader(typeof(PublicSuffixes).Assembly.GetManifestResourceStream("public_suffix_list.dat")!, Encoding.UTF8);
        while (lines.ReadLine() is { } line)
        {
            if (line.Length == 0 || line.StartsWith("//", StringComparison.Ordinal)) continue;
            string rule = line.TrimStart('!', '*', '.');
            if (!Ascii.IsValid(rule)) rule = idn.GetAscii(rule);
            (line[0] switch { '!' => exceptions, '*' => wildcards, _ => plain }).Add(rule);
        }
        return new Rules(plain.ToFrozenSet(StringComparer.Ordinal), wildcards.ToFrozenSet(StringComparer.Ordinal), exceptions.ToFrozenSet(StringComparer.Ordinal));
    }

    private sealed record Rules(FrozenSet<string> Plain, FrozenSet<string> Wildcards, FrozenSet<string> Exceptions);
}
