using System.Text.RegularExpressions;
using AngleSharp.Dom;

namespace Detection.Ingest;

/// <summary>
/// The declarations that reach an element: rules of <c>style</c> elements whose selector is a name, a class, an id or a name with one of these, then the element's own
/// <c>style</c>. Rules under a condition (<c>@media (max-width: …)</c>, print) are left out: they say what another screen would show.
/// </summary>
internal sealed partial class StyleSheet
{
    private const int MaxRules = 5000;
    private const int MaxCharacters = 1_000_000;

    private static readonly HashSet<string> Used =
    [
        "display", "visibility", "opacity", "color", "background", "background-color", "background-image", "font", "font-size", "overflow", "height", "max-height", "width", "max-width",
        "position", "left", "right", "top", "bottom", "margin-left", "margin-top", "text-indent", "clip", "clip-path", "transform", "white-space",
    ];

    private readonly Dictionary<string, Declarations> _rules = new(StringComparer.OrdinalIgnoreCase);
    private int _characters;

    /// <summary>Values in lower case by property; an important one is not replaced by one that is not.</summary>
    public sealed class Declarations
    {
        private readonly Dictionary<string, (string Value, bool Important)> _values = [];

        public string? this[string property] => _values.TryGetValue(property, out var found) ? found.Value : null;

        public bool IsEmpty => _values.Count == 0;

        public void Add(string property, string value, bool important)
        {
            if (important || !_values.TryGetValue(property, out var present) || !present.Important) _values[property] = (value, important);
        }

        public void Add(Declarations? others)
        {
            if (others is null) return;
            foreach (var (property, (value, important)) in others._values) Add(property, value, important);
        }
    }

    public void Read(string css)
    {
        css = Comment().Replace(css.Length > MaxCharacters - _characters ? css[..(MaxCharacters - _characters)] : css, " ");
        _characters += css.Length;
        for (int at = 0; css.IndexOfAny(['{', '}', ';'], at) is >= 0 and var mark; at = mark + 1)
        {
            if (css[mark] != '{') continue;   // the end of @media, @import …;
            string prelude = css[at..mark].Trim();
            if (prelude.StartsWith('@'))
            {
                if (!IsUnconditional(prelude)) mark = EndOfBlock(css, mark);
                continue;
            }
            int end = css.IndexOf('}', mark);
            if (end < 0) end = css.Length;
            Rule(prelude.Replace("<!--", "", StringComparison.Ordinal), css[(mark + 1)..end]);
            mark = Math.Min(end, css.Length - 1);
        }
    }

    public Declarations Of(IElement element)
    {
        var found = new Declarations();
        if (_rules.Count > 0)
        {
            found.Add(_rules.GetValueOrDefault("*"));
            found.Add(_rules.GetValueOrDefault(element.LocalName));
            string[] classes = element.ClassName?.Split([' ', '\t', '\n', '\r'], 50, StringSplitOptions.RemoveEmptyEntries) ?? [];
            foreach (string name in classes) found.Add(_rules.GetValueOrDefault("." + name));
            foreach (string name in classes) found.Add(_rules.GetValueOrDefault(element.LocalName + "." + name));
            if (element.Id is { Length: > 0 } id)
            {
                found.Add(_rules.GetValueOrDefault("#" + id));
                found.Add(_rules.GetValueOrDefault(element.LocalName + "#" + id));
            }
        }
        if (element.GetAttribute("style") is { } own) found.Add(Parse(own));
        return found;
    }

    private void Rule(string selectors, string body)
    {
        var declarations = Parse(body);
        if (declarations.IsEmpty) return;
        foreach (string selector in selectors.Split(',', 50, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (selector.Length > 200 || !SimpleSelector().IsMatch(selector)) continue;
            string key = selector.StartsWith("*.", StringComparison.Ordinal) || selector.StartsWith("*#", StringComparison.Ordinal) ? selector[1..] : selector;
            if (_rules.TryGetValue(key, out var present)) present.Add(declarations);
            else if (_rules.Count < MaxRules) (_rules[key] = new Declarations()).Add(declarations);
        }
    }

    private static Declarations Parse(string text)
    {
        var declarations = new Declarations();
        if (text.Contains("/*", StringComparison.Ordinal)) text = Comment().Replace(text, " ");
        foreach (var range in text.AsSpan().Split(';'))
        {
            var declaration = text.AsSpan(range);
            int colon = declaration.IndexOf(':');
            if (colon < 1 || colon > 40) continue;
            string property = declaration[..colon].Trim().ToString().ToLowerInvariant();
            if (!Used.Contains(property)) continue;
            string value = declaration[(colon + 1)..].Trim().ToString().ToLowerInvariant();
            int bang = value.LastIndexOf('!');
            bool important = bang >= 0 && value.AsSpan(bang + 1).Trim().SequenceEqual("important");
            declarations.Add(property, important ? value[..bang].TrimEnd() : value, important);
        }
        return declarations;
    }

    private static bool IsUnconditional(string prelude) => Unconditional().IsMatch(prelude);

    private static int EndOfBlock(string css, int open)
    {
        int depth = 0;
        for (int i = open; i < css.Length; i++)
        {
            if (css[i] == '{') depth++;
            else if (css[i] == '}' && --depth == 0) return i;
        }
        return css.Length - 1;
    }

    [GeneratedRegex(@"/\*.*?(?:\*/|\z)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\A(?:\*|\*?[.#][\w-]+|[\w-]+(?:[.#][\w-]+)?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex SimpleSelector();

    [GeneratedRegex(@"\A@(?:media\s+(?:only\s+)?(?:all|screen)|layer\b[^(]*)\s*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Unconditional();
}
