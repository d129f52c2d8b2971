using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>HTML as a person sees it: text with line breaks; links, hidden text and forms are facts. No script runs, nothing is loaded.</summary>
internal sealed class HtmlText
{
    private static readonly HashSet<string> Blocks =
    [
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol", "pre",
        "section", "table", "tbody", "thead", "tfoot", "tr", "ul",
    ];

    private static readonly HashSet<string> Paragraphs = ["p", "h1", "h2", "h3", "h4", "h5", "h6"];
    private static readonly HashSet<string> Unseen = ["script", "style", "head", "title", "meta", "link", "template", "noscript", "object", "embed", "iframe", "svg", "math", "select", "textarea", "audio", "video", "canvas"];

    private readonly StringBuilder _text = new();
    private readonly List<Link> _links = [];
    private readonly Dictionary<string, StringBuilder> _hidden = [];
    private readonly List<Fact> _facts = [];
    private readonly IngestOptions _options;
    private int _breaks = 2;   // line breaks owed before the next word; none at the very start
    private bool _space;

    private HtmlText(IngestOptions options) => _options = options;

    public sealed record Result(string Text, IReadOnlyList<Link> Links, IReadOnlyList<HiddenText> Hidden, IReadOnlyList<Fact> Facts);

    public static Result Read(string html, IngestOptions options)
    {
        using var document = new HtmlParser(new HtmlParserOptions { IsScripting = false }).ParseDocument(html);
        var reading = new HtmlText(options);
        if (document.Body is { } body) reading.Walk(body, new HtmlStyle(document));
        return new Result(
            reading._text.ToString(),
            reading._links,
            [.. reading._hidden.Select(one => new HiddenText(one.Key, one.Value.ToString().Trim())).Where(one => one.Text.Length > 0)],
            reading._facts);
    }

    /// <summary>Depth first without recursion: hostile nesting is as deep as the input is long.</summary>
    private void Walk(IElement body, HtmlStyle style)
    {
        var open = new Stack<Frame>();
        open.Push(new Frame(body, HtmlStyle.Look.Page, Pre: false, LinkStart: -1, Closing: false));
        while (open.TryPop(out var frame) && _text.Length <= _options.MaxTextCharacters)
        {
            if (frame.Closing) { Close((IElement)frame.Node, frame); continue; }
            if (frame.Node is IText words) { Write(words.Data, frame); continue; }
            if (frame.Node is not IElement element || Unseen.Contains(element.LocalName)) continue;
            var look = style.Of(element, frame.Look);
            Open(element, look);
            bool pre = frame.Pre || element.LocalName is "pre" or "listing";
            int link = element.LocalName == "a" && element.HasAttribute("href") ? _text.Length : -1;
            open.Push(new Frame(element, look, pre, link, Closing: true));
            for (var child = element.LastChild; child is not null; child = child.PreviousSibling)
                open.Push(new Frame(child, look, pre, LinkStart: -1, Closing: false));
        }
    }

    private void Open(IElement element, HtmlStyle.Look look)
    {
        if (look.Hidden is not null) return;
        switch (element.LocalName)
        {
            case "br": Break(_breaks + 1); break;
            case "img": Image(element, look); break;
            case "input": Input(element); break;
            case "td" or "th": _space = true; break;
            case "li": Break(1); Append("- "); break;
            case var name when Paragraphs.Contains(name): Break(2); break;
            case var name when Blocks.Contains(name): Break(1); break;
        }
    }

    private void Close(IElement element, Frame frame)
    {
        if (frame.LinkStart >= 0 && frame.Look.Hidden is null) AddLink(element.GetAttribute("href")!, _text.ToString(Math.Min(frame.LinkStart, _text.Length), Math.Max(0, _text.Length - frame.LinkStart)).Trim());
        if (frame.Look.Hidden is not null) return;
        if (Paragraphs.Contains(element.LocalName)) Break(2);
        else if (Blocks.Contains(element.LocalName)) Break(1);
    }

    private void Write(string words, Frame frame)
    {
        if (frame.Look.Hidden is { } reason) { Hide(reason, words); return; }
        if (frame.Pre) { AppendLines(words); return; }
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
        else if (_space) _text.Append(' ');
        (_breaks, _space) = (0, false);
        _text.Append(word);
    }

    private void Break(int lines)
    {
        _breaks = Math.Max(_breaks, Math.Min(lines, 2));
        _space = false;
    }

    private void Hide(string reason, string words)
    {
        if (!_hidden.TryGetValue(reason, out var text)) _hidden[reason] = text = new StringBuilder();
        if (text.Length >= 10_000) return;
        foreach (var word in words.AsSpan().EnumerateWords())
            if (!word.IsEmpty) text.Append(text.Length > 0 ? " " : "").Append(word);
    }

    private void AddLink(string target, string text)
    {
        if (_links.Count >= _options.MaxItems) return;
        target = target.Trim();
        if (target.Length > 2000) target = MessageExtraction.Cut(target, 2000);
        if (target.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase) || target.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
            _facts.Add(new Fact("link-active", $"A link starts with {target[..target.IndexOf(':', StringComparison.Ordinal)]}:, which runs or shows something of the sender's."));
        _links.Add(new Link(MessageExtraction.Cut(text, 500), target));
    }

    private void Image(IElement element, HtmlStyle.Look look)
    {
        if (element.GetAttribute("alt") is { Length: > 0 } alternative) Write(alternative, new Frame(element, look, false, -1, false));
        bool pixel = element.GetAttribute("width")?.Trim() is "0" or "1" && element.GetAttribute("height")?.Trim() is "0" or "1";
        if (pixel && _facts.All(fact => fact.Name != "tracking-pixel")) _facts.Add(new Fact("tracking-pixel", "An image of one pixel tells the sender when the message is opened."));
    }

    private void Input(IElement element)
    {
        string type = element.GetAttribute("type")?.ToLowerInvariant() ?? "text";
        if (type == "hidden" || _facts.Any(fact => fact.Name == "form")) return;
        _facts.Add(new Fact("form", type == "password" ? "The message itself asks for a password in a form." : "The message itself holds a form to fill in."));
    }

    private readonly record struct Frame(INode Node, HtmlStyle.Look Look, bool Pre, int LinkStart, bool Closing);
}

internal static class WordEnumeration
{
    /// <summary>Words of a text; an empty one stands for white space before, between or after them.</summary>
    public static Enumerator EnumerateWords(this ReadOnlySpan<char> text) => new(text);

    public ref struct Enumerator(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            int length = 0;
            bool blank = IsBlank(_rest[0]);
            while (length < _rest.Length && IsBlank(_rest[length]) == blank) length++;
            Current = blank ? [] : _rest[..length];
            _rest = _rest[length..];
            return true;
        }

        private static bool IsBlank(char letter) => letter is ' ' or '\t' or '\n' or '\r' or '\f' or '\u00A0';
    }
}
