using System.Globalization;
using System.Text.RegularExpressions;
using AngleSharp.Dom;

namespace Detection.Ingest;

/// <summary>As much of CSS as decides whether a person sees a piece of text: inline styles, old attributes, and simple rules of <c>style</c> elements.</summary>
internal sealed partial class HtmlStyle
{
    private const int MaxRules = 500;
    private readonly Dictionary<string, string> _rules = new(StringComparer.OrdinalIgnoreCase);

    public HtmlStyle(IDocument document)
    {
        foreach (var sheet in document.QuerySelectorAll("style").Take(20))
            foreach (Match rule in Rule().Matches(sheet.TextContent.Length > 100_000 ? sheet.TextContent[..100_000] : sheet.TextContent))
                foreach (string selector in rule.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                    if (_rules.Count < MaxRules && SimpleSelector().IsMatch(selector)) _rules[selector] = _rules.GetValueOrDefault(selector) + ";" + rule.Groups[2].Value;
    }

    /// <summary>What an element inherits and sets.</summary>
    /// <param name="Hidden">Why nothing in it is seen; null: it is.</param>
    public readonly record struct Look(string? Hidden, (int R, int G, int B)? Colour, (int R, int G, int B) Background, double FontSize)
    {
        public static Look Page { get; } = new(null, null, (255, 255, 255), 16);
    }

    public Look Of(IElement element, Look parent)
    {
        if (parent.Hidden is not null) return parent;
        var style = Declarations(element);
        string Value(string name) => style.GetValueOrDefault(name) ?? "";
        var look = parent;
        if (Colour(element.GetAttribute("bgcolor")) is { } old) look = look with { Background = old };
        if ((Colour(Value("background-color")) ?? Colour(Value("background").Split(' ')[0])) is { } background) look = look with { Background = background };
        if ((Colour(Value("color")) ?? (element.LocalName == "font" ? Colour(element.GetAttribute("color")) : null)) is { } colour) look = look with { Colour = colour };
        if (Pixels(Value("font-size"), parent.FontSize) is { } size) look = look with { FontSize = size };
        return look with { Hidden = Reason(element, look, style) };
    }

    private static string? Reason(IElement element, Look look, Dictionary<string, string> style)
    {
        string Value(string name) => style.GetValueOrDefault(name) ?? "";
        if (element.HasAttribute("hidden") || Value("display") == "none" || Value("mso-hide") == "all") return "display-none";
        if (Value("visibility") is "hidden" or "collapse") return "visibility-hidden";
        if (double.TryParse(Value("opacity"), NumberStyles.Float, CultureInfo.InvariantCulture, out double opacity) && opacity < 0.05) return "transparent";
        if (look.FontSize <= 2) return "tiny-font";
        bool clips = Value("overflow") is "hidden" or "clip";
        if (clips && new[] { "height", "max-height", "width", "max-width" }.Any(name => Pixels(Value(name), 0) is <= 1)) return "zero-size";
        if (Value("position") is "absolute" or "fixed" && new[] { "left", "top" }.Any(name => Pixels(Value(name), 0) is <= -400) || Pixels(Value("text-indent"), 0) is <= -400) return "off-screen";
        return look.Colour is { } ink && Distance(ink, look.Background) < 24 ? "same-colour" : null;
    }

    private Dictionary<string, string> Declarations(IElement element)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (_rules.Count > 0)
        {
            Add(found, _rules.GetValueOrDefault(element.LocalName));
            foreach (string name in element.ClassList.Take(20))
            {
                Add(found, _rules.GetValueOrDefault("." + name));
                Add(found, _rules.GetValueOrDefault(element.LocalName + "." + name));
            }
            if (element.Id is { Length: > 0 } id) Add(found, _rules.GetValueOrDefault("#" + id));
        }
        Add(found, element.GetAttribute("style"));
        return found;
    }

    private static void Add(Dictionary<string, string> into, string? declarations)
    {
        if (declarations is null) return;
        foreach (string declaration in (declarations.Length > 10_000 ? declarations[..10_000] : declarations).Split(';'))
            if (declaration.Split(':', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } name, var value])
                into[name] = value.Replace("!important", "", StringComparison.OrdinalIgnoreCase).Trim().ToLowerInvariant();
    }

    private static double? Pixels(string value, double relative)
    {
        var match = Length().Match(value);
        if (!match.Success || !double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return null;
        return match.Groups[2].Value switch
        {
            "pt" => number * 4 / 3,
            "em" => number * relative,
            "rem" => number * 16,
            "%" => number * relative / 100,
            _ => number,
        };
    }

    private static (int R, int G, int B)? Colour(string? value)
    {
        value = value?.Trim().ToLowerInvariant() ?? "";
        if (Named.TryGetValue(value, out var named)) return named;
        string hex = value.TrimStart('#');
        if (hex.Length == 3) hex = string.Concat(hex.Select(digit => new string(digit, 2)));
        if (hex.Length == 6 && int.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int rgb)) return (rgb >> 16, rgb >> 8 & 255, rgb & 255);
        var match = RgbColour().Match(value);
        if (!match.Success) return null;
        int Channel(int i) => Math.Min(255, int.Parse(match.Groups[i].Value, CultureInfo.InvariantCulture));
        return (Channel(1), Channel(2), Channel(3));
    }

    private static double Distance((int R, int G, int B) a, (int R, int G, int B) b) =>
        Math.Sqrt(Math.Pow(a.R - b.R, 2) + Math.Pow(a.G - b.G, 2) + Math.Pow(a.B - b.B, 2));

    private static readonly Dictionary<string, (int, int, int)> Named = new()
    {
        ["white"] = (255, 255, 255),
        ["black"] = (0, 0, 0),
        ["red"] = (255, 0, 0),
        ["green"] = (0, 128, 0),
        ["blue"] = (0, 0, 255),
        ["yellow"] = (255, 255, 0),
        ["gray"] = (128, 128, 128),
        ["grey"] = (128, 128, 128),
        ["silver"] = (192, 192, 192),
        ["whitesmoke"] = (245, 245, 245),
        ["snow"] = (255, 250, 250),
        ["ivory"] = (255, 255, 240),
        ["navy"] = (0, 0, 128),
        ["maroon"] = (128, 0, 0),
        ["orange"] = (255, 165, 0),
    };

    [GeneratedRegex(@"([^{}@]{1,200})\{([^{}]{0,2000})\}", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"\A[\w-]*[.#]?[\w-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex SimpleSelector();

    [GeneratedRegex(@"\A(-?[0-9]*\.?[0-9]+)(px|pt|em|rem|%)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Length();

    [GeneratedRegex(@"\Argba?\(\s*([0-9]{1,3})[\s,]+([0-9]{1,3})[\s,]+([0-9]{1,3})", RegexOptions.CultureInvariant)]
    private static partial Regex RgbColour();
}
