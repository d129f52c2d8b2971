using System.Drawing;
using AngleSharp.Dom;

namespace Detection.Ingest;

/// <summary>As much of CSS as decides whether a person sees a piece of text. What is not known (a picture as ground, an unknown colour) never hides anything.</summary>
internal sealed class HtmlStyle
{
    private const double FarAway = -400;   // pixels outside the page
    private readonly StyleSheet _sheet = new();

    public HtmlStyle(IDocument document)
    {
        foreach (var style in document.QuerySelectorAll("style")) _sheet.Read(style.TextContent);
    }

    /// <summary>What an element inherits and sets.</summary>
    /// <param name="Gone">Why nothing in it can be seen, whatever its children say; null: it can.</param>
    /// <param name="Invisible"><c>visibility</c>, which a child can take back.</param>
    /// <param name="Ink">Colour of the text; null: not known.</param>
    /// <param name="Ground">Colour behind it; null: not known.</param>
    /// <param name="FontSize">Pixels.</param>
    /// <param name="Pre">White space is kept.</param>
    /// <param name="Block">It begins and ends a line by its style alone (not inherited).</param>
    public readonly record struct Look(string? Gone, bool Invisible, Color? Ink, Color? Ground, double FontSize, bool Pre, bool Block)
    {
        public static Look Page { get; } = new(null, false, null, Color.White, 16, false, false);

        /// <summary>Why its text is not seen; null: it is.</summary>
        public string? Hidden =>
            Gone is not null ? Gone
            : Invisible ? "visibility-hidden"
            : FontSize <= 2 ? "tiny-font"
            : Ink is { A: < 13 } ? "transparent"
            : Ink is { } ink && Ground is { } ground && CssValue.Distance(ink.Over(ground), ground) < 24 ? "same-colour"
            : null;
    }

    public Look Of(IElement element, Look parent)
    {
        if (parent.Gone is not null) return parent;
        var style = _sheet.Of(element);
        double size = CssValue.Pixels(style["font-size"], parent.FontSize, parent.FontSize) ?? CssValue.FontSize(style["font"], parent.FontSize) ?? parent.FontSize;
        return new Look(
            Gone(element, style, size),
            style["visibility"] is { } visibility ? visibility is "hidden" or "collapse" || (visibility != "visible" && parent.Invisible) : parent.Invisible,
            Ink(element, style, parent.Ink),
            Ground(element, style, parent.Ground),
            size,
            style["white-space"] is { } space ? space.StartsWith("pre", StringComparison.Ordinal) || space == "break-spaces" : parent.Pre || element.LocalName is "pre" or "listing" or "xmp",
            style["display"] is "block" or "table" or "table-row" or "flex" or "grid" or "list-item");
    }

    private static string? Gone(IElement element, StyleSheet.Declarations style, double fontSize)
    {
        if (element.HasAttribute("hidden") || style["display"] == "none") return "display-none";
        if (CssValue.Pixels(style["opacity"], 0, 1) is < 0.05) return "transparent";
        bool IsSmall(string property) => CssValue.Pixels(style[property], fontSize) is <= 1;
        bool IsFar(string property) => CssValue.Pixels(style[property], fontSize) is <= FarAway;
        bool placed = style["position"] is "absolute" or "fixed";
        if (style["overflow"] is "hidden" or "clip" && (IsSmall("height") || IsSmall("max-height") || IsSmall("width") || IsSmall("max-width"))) return "zero-size";
        if (placed && style["clip"] is { } clip && clip.Replace(" ", "", StringComparison.Ordinal) is ['r', 'e', 'c', 't', '(', '0' or '1', ',' or 'p' or ')', ..]) return "zero-size";
        if (style["clip-path"]?.StartsWith("inset(100%", StringComparison.Ordinal) == true || style["transform"]?.Contains("scale(0)", StringComparison.Ordinal) == true) return "zero-size";
        bool far = (placed || style["position"] == "relative") && (IsFar("left") || IsFar("top") || IsFar("right") || IsFar("bottom"));
        return far || IsFar("text-indent") || IsFar("margin-left") || IsFar("margin-top") ? "off-screen" : null;
    }

    private static Color? Ink(IElement element, StyleSheet.Declarations style, Color? inherited)
    {
        if (style["color"] is { } own && own is not ("inherit" or "currentcolor")) return CssValue.Colour(own);
        if (element.GetAttribute(element.LocalName == "body" ? "text" : "color") is { } old) return CssValue.Colour(old);
        // A link has a colour of its own, which depends on the program and on whether it was visited.
        return element.LocalName == "a" && element.HasAttribute("href") ? null : inherited;
    }

    private static Color? Ground(IElement element, StyleSheet.Declarations style, Color? inherited)
    {
        if (element.HasAttribute("background") || style["background-image"] is { Length: > 0 } and not "none") return null;
        if (style["background-color"] is { } plain) return Painted(plain, inherited);
        if (style["background"] is { } shorthand)
        {
            if (shorthand.Contains("url(", StringComparison.Ordinal) || shorthand.Contains("gradient", StringComparison.Ordinal)) return null;
            string colour = shorthand.StartsWith("rgb", StringComparison.Ordinal) && shorthand.Contains(')', StringComparison.Ordinal) ? shorthand[..(shorthand.IndexOf(')', StringComparison.Ordinal) + 1)] : shorthand.Split(' ')[0];
            return Painted(colour, inherited);
        }
        return element.GetAttribute("bgcolor") is { } old ? Painted(old, inherited) : inherited;
    }

    private static Color? Painted(string value, Color? below)
    {
        if (value is "transparent" or "none" or "inherit" or "initial" or "unset" or "") return below;
        return CssValue.Colour(value) is { } colour ? colour.A == 255 ? colour : below is { } ground ? colour.Over(ground) : null : null;
    }
}
