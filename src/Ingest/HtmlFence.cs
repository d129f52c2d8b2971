using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens.Struct;
using AngleSharp.Text;

namespace Detection.Ingest;

/// <summary>
/// Stands between AngleSharp's tokenizer and its tree, so that hostile markup costs time in proportion to its length. Without it 20,000 nested <c>div</c> (100 kB) take
/// seconds (each looks up the whole stack for an open <c>p</c>), and n open formatting elements before n paragraphs make n² copies (HTML standard §13.2.4.3, "reconstruct
/// the active formatting elements"). What is over a limit loses its tag, never its text, until <see cref="MaxTags"/>; from there on nothing is read.
/// </summary>
internal sealed class HtmlFence
{
    private const int MaxTags = 100_000;
    private const int MaxDepth = 256;
    private const int MaxFormatting = 12;
    private const int MaxAttributes = 32;

    private static readonly HashSet<string> Formatting = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

    // Void elements, and those that the parser closes by itself before the next of their kind: they add no depth of their own.
    private static readonly HashSet<string> Flat =
    [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "html", "head", "body", "caption", "colgroup", "dd", "dt", "li",
        "option", "optgroup", "p", "tbody", "td", "tfoot", "th", "thead", "tr", "script", "style", "title", "textarea", "noscript", "iframe", "xmp", "noembed", "noframes", "plaintext",
    ];

    // An end tag of an ordinary element does not reach past one of these ("special" in the standard, as far as they are on the stack here).
    private static readonly HashSet<string> Special =
    [
        "address", "applet", "article", "aside", "blockquote", "button", "center", "details", "dir", "div", "dl", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4",
        "h5", "h6", "header", "hgroup", "listing", "main", "marquee", "menu", "nav", "object", "ol", "pre", "search", "section", "select", "summary", "table", "template", "ul", "svg", "math",
    ];

    private static readonly HashSet<string> Wanted =
        ["href", "style", "class", "id", "hidden", "bgcolor", "color", "background", "width", "height", "alt", "type", "text", "action", "http-equiv", "content"];

    private readonly List<string> _open = [];
    private readonly List<string> _formatting = [];
    private readonly Dictionary<string, int> _renamed = [];
    private int _tags;

    /// <summary>Some tags were left out.</summary>
    public bool Exceeded { get; private set; }

    public IDocument Parse(string html)
    {
        var parser = new HtmlParser(new HtmlParserOptions { IsScripting = false, SkipComments = true, DisableElementPositionTracking = true, ShouldEmitAttribute = Wants });
        return parser.ParseDocument<Document, Element>(new TextSource(html), Admit);
    }

    private static bool Wants(ref StructHtmlToken token, ReadOnlyMemory<char> name) =>
        token.Attributes.Count < MaxAttributes && name.Length <= 10 && Wanted.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name.Span);

    private TokenConsumptionResult Admit(ref StructHtmlToken token, TokenConsumer next)
    {
        bool admitted = token.Type switch
        {
            HtmlTokenType.StartTag => Start(ref token),
            HtmlTokenType.EndTag => End(ref token),
            HtmlTokenType.Character => _tags <= MaxTags,
            _ => true,
        };
        if (admitted) next(ref token);
        return TokenConsumptionResult.Continue;
    }

    private bool Start(ref StructHtmlToken token)
    {
        if (++_tags > MaxTags) return Over();
        string name = token.Name.ToString();
        if (Flat.Contains(name)) return true;
        if (name is "a" or "nobr") Close(name);
        bool formats = Formatting.Contains(name);
        if (formats && _formatting.Count >= MaxFormatting && _open.Count < MaxDepth)
        {
            // Its style still counts, but it is not opened again in every paragraph.
            _renamed[name] = _renamed.GetValueOrDefault(name) + 1;
            token.Name = name = "span";
            formats = false;
        }
        if (_open.Count >= MaxDepth) return Over();
        _open.Add(name);
        if (formats) _formatting.Add(name);
        return true;
    }

    private bool End(ref StructHtmlToken token)
    {
        if (++_tags > MaxTags) return Over();
        string name = token.Name.ToString();
        if (_renamed.GetValueOrDefault(name) is > 0 and var count)
        {
            _renamed[name] = count - 1;
            token.Name = name = "span";
        }
        Close(name);
        return true;
    }

    /// <summary>Takes off the stack what the parser will; where the two might differ, less.</summary>
    private void Close(string name)
    {
        int formatting = _formatting.LastIndexOf(name);
        if (formatting >= 0) _formatting.RemoveAt(formatting);
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            if (_open[i] == name)
            {
                _open.RemoveRange(i, _open.Count - i);
                return;
            }
            bool barrier = _open[i] is "table" or "template" or "object" or "applet" or "marquee" or "select" || (Special.Contains(_open[i]) && !Special.Contains(name));
            if (barrier && name != "table") return;
        }
    }

    private bool Over()
    {
        Exceeded = true;
        return false;
    }
}
