using System.Text;
using AngleSharp.Dom;
using Detection.Contracts;
using Detection.Text;

namespace Detection.Ingest;

/// <summary>HTML as a person sees it: text with line breaks; links, hidden text and forms are facts. No script runs, nothing is loaded.</summary>
internal sealed class HtmlText
{
    private const int MaxHidden = 10_000;   // characters kept for one reason
    private const int MaxLinkText = 500;
    private const int MaxTarget = 2000;

    private static readonly HashSet<string> Blocks =
    [
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main",
        "nav", "ol", "option", "pre", "section", "summary", "table", "tbody", "thead", "tfoot", "tr", "ul",
    ];

    private static readonly HashSet<string> Paragraphs = ["p", "h1", "h2", "h3", "h4", "h5", "h6"];
    private static readonly HashSet<string> Unseen = ["script", "style", "head", "title", "meta", "link", "template", "object", "embed", "iframe", "svg", "math", "audio", "video", "canvas", "datalist"];

    private readonly StringBuilder _text = new();
    private readonly List<Link> _links = [];
    private readonly Dictionary<string, StringBuilder> _hidden = [];
    private readonly List<Fact> _facts = [];
    private readonly IngestOptions _options;
    private readonly Uri? _base;
    private int _breaks = 2;   // line breaks owed before the next word; none at the very start
    private bool _space;
    private bool _asks, _asksPassword;   // fields of a form
    private string? _formTarget;

    private HtmlText(IDocument document, IngestOptions options)
    {
        _options = options;
        // A base turns a harmless-looking relative link into one that leads away.
        _base = Uri.TryCreate(document.QuerySelector("base[href]")?.GetAttribute("href"), UriKind.Absolute, out var found) && found.Scheme is "http" or "https" ? found : null;
    }

    public sealed record Result(string Text, IReadOnlyList<Link> Links, IReadOnlyList<HiddenText> Hidden, IReadOnlyList<Fact> Facts);

    public static Result Read(string html, IngestOptions options)
    {
        var fence = new HtmlFence();
        using var document = fence.Parse(html);
        var reading = new HtmlText(document, options);
        if (fence.Exceeded) reading.Note("html-limits", "The HTML is nested deeper, or has more tags, than any mail needs; some of its layout was left out.");
        reading.Refresh(document);
        reading.Scripts(document);
        if (document.Body is { } body) reading.Walk(body, new HtmlStyle(document));
        reading.NoteForm();
        return new Result(
            reading._text.ToString(),
            reading._links,
            [.. reading._hidden.Select(one => new HiddenText(one.Key, one.Value.ToString().Trim())).Where(one => one.Text.Length > 0)],
            reading._facts);
    }

    /// <summary>Depth first without recursion.</summary>
    private void Walk(IElement body, HtmlStyle style)
    {
        var open = new Stack<Frame>();
        open.Push(new Frame(body, HtmlStyle.Look.Page, LinkStart: -1, Closing: false));
        while (open.TryPop(out var frame) && _text.Length <= _options.MaxTextCharacters)
        {
            if (frame.Closing) { Close((IElement)frame.Node, frame); continue; }
            if (frame.Node is IText words) { Write(words.Data, frame.Look); continue; }
            if (frame.Node is not IElement element || Unseen.Contains(element.LocalName)) continue;
            var look = style.Of(element, frame.Look);
            Open(element, look);
            int link = element.LocalName == "a" && element.HasAttribute("href") ? _text.Length : -1;
            open.Push(new Frame(element, look, link, Closing: true));
            // By index: asking a node for its sibling searches the list of children from its start.
            for (int i = element.ChildNodes.Length - 1; i >= 0; i--) open.Push(new Frame(element.ChildNodes[i], look, LinkStart: -1, Closing: false));
        }
    }

    private void Open(IElement element, HtmlStyle.Look look)
    {
        if (element.LocalName == "img") { Image(element, look); return; }
        if (look.Gone is not null) return;
        switch (element.LocalName)
        {
            case "br": Break(_breaks + 1); break;
            case "input": Input(element); break;
            case "form":
                _formTarget ??= DomainNames.OfUrl(element.GetAttribute("action") ?? "");
                Break(1);
                break;
            case "td" or "th": _space = true; break;
            case "li":
                Break(1);
                if (look.Hidden is null) Append("- ");
                break;
            case var name when Paragraphs.Contains(name): Break(2); break;
            case var name when look.Block || Blocks.Contains(name): Break(1); break;
        }
    }

    private void Close(IElement element, Frame frame)
    {
        if (frame.Look.Gone is not null) return;
        if (frame.LinkStart >= 0) AddLink(element.GetAttribute("href")!, frame.LinkStart);
        if (Paragraphs.Contains(element.LocalName)) Break(2);
        else if (frame.Look.Block || Blocks.Contains(element.LocalName)) Break(1);
    }

    private void Write(string words, HtmlStyle.Look look)
    {
        if (look.Hidden is { } reason) { Hide(reason, words); return; }
        if (look.Pre) { AppendLines(words); return; }
        foreach (var word in words.AsSpan().EnumerateWords())
        {
            if (word.IsEmpty) _space = true;
            else Append(word);
        }
    }

    private void AppendLines(string words)
    {
        bool first = true;
        foreach (var line in words.AsSpan().EnumerateLines())
        {
            if (!first) Break(_breaks + 1);
            first = false;
            if (!line.IsEmpty) Append(line);
        }
    }

    private void Append(ReadOnlySpan<char> word)
    {
        if (_text.Length == 0) { }
        else if (_breaks > 0) _text.Append('\n', Math.Min(_breaks, 2));
        else if (_space && _text[^1] != ' ') _text.Append(' ');
        (_breaks, _space) = (0, false);
        _text.Append(word[..Math.Min(word.Length, _options.MaxTextCharacters + 1)]);
    }

    private void Break(int lines)
    {
        _breaks = Math.Max(_breaks, Math.Min(lines, 2));
        _space = false;
    }

    private void Hide(string reason, string words)
    {
        if (!_hidden.TryGetValue(reason, out var text)) _hidden[reason] = text = new StringBuilder();
        foreach (var word in words.AsSpan().EnumerateWords())
        {
            if (text.Length >= MaxHidden) return;
            if (word.IsEmpty) text.Append(text.Length > 0 && text[^1] != ' ' ? " " : "");
            else text.Append(word[..Math.Min(word.Length, MaxHidden)]);
        }
    }

    private void AddLink(string href, int start)
    {
        if (_links.Count >= _options.MaxItems) return;
        start = Math.Min(start, _text.Length);
        string text = _text.ToString(start, Math.Min(_text.Length - start, MaxLinkText + 10)).Trim();
        // Browsers drop line breaks and tabs inside an address, so that "java\nscript:" is javascript:.
        string target = string.Concat(href.Take(MaxTarget).Where(letter => letter is not ('\t' or '\n' or '\r'))).Trim([.. Enumerable.Range(0, 33).Select(code => (char)code)]);
        if (_base is not null && !target.StartsWith('#') && Uri.TryCreate(_base, target, out var whole)) target = whole.AbsoluteUri;
        string scheme = target.Split(':')[0].ToLowerInvariant();
        if (scheme is "javascript" or "data" or "vbscript")
            Note("link-active", $"A link starts with {scheme}:, which runs or shows something of the sender's.");
        _links.Add(new Link(MessageExtraction.Cut(text, MaxLinkText), MessageExtraction.Cut(target, MaxTarget)));
    }

    private void Image(IElement element, HtmlStyle.Look look)
    {
        bool IsPixel(string side) => element.GetAttribute(side)?.Trim() is "0" or "1" or "0px" or "1px" || element.GetAttribute("style")?.Replace(" ", "", StringComparison.Ordinal) is { } style
            && (style.Contains(side + ":1px", StringComparison.OrdinalIgnoreCase) || style.Contains(side + ":0", StringComparison.OrdinalIgnoreCase));
        if (IsPixel("width") && IsPixel("height")) Note("tracking-pixel", "An image of one pixel tells the sender when the message is opened.");
        else if (look.Hidden is null && element.GetAttribute("alt") is { Length: > 0 } alternative) Write($" {alternative} ", look with { Pre = false });
    }

    private void Input(IElement element)
    {
        string type = element.GetAttribute("type")?.Trim().ToLowerInvariant() ?? "text";
        _asksPassword |= type == "password";
        _asks |= type != "hidden";
    }

    private void NoteForm()
    {
        if (!_asks && _formTarget is null) return;
        string kind = _asksPassword ? "asks for a password in a form" : "holds a form to fill in";
        Note("form", $"The message itself {kind}{(_formTarget is null ? "" : $", which goes to {_formTarget}")}.");
    }

    private void Refresh(IDocument document)
    {
        if (document.QuerySelectorAll("meta").Any(meta => meta.GetAttribute("http-equiv")?.Trim().Equals("refresh", StringComparison.OrdinalIgnoreCase) == true && meta.GetAttribute("content")?.Contains("url", StringComparison.OrdinalIgnoreCase) == true))
            Note("redirect", "The HTML leads to another page by itself when it is opened in a browser.");
    }

    /// <summary>No mail program runs one, but a page saved and opened does. Data for machines (JSON-LD) is no program.</summary>
    private void Scripts(IDocument document)
    {
        if (document.QuerySelectorAll("script").Any(script => script.GetAttribute("type")?.Contains("json", StringComparison.OrdinalIgnoreCase) != true))
            Note("script", "The HTML holds a program, which runs when it is opened in a browser.");
    }

    private void Note(string name, string detail)
    {
        if (_facts.Count < _options.MaxItems && !_facts.Contains(new Fact(name, detail))) _facts.Add(new Fact(name, detail));
    }

    private readonly record struct Frame(INode Node, HtmlStyle.Look Look, int LinkStart, bool Closing);
}
