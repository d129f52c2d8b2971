using System.Globalization;
using System.Net;
using System.Text;

namespace Detection.Standalone;

/// <summary>One token of a scored text: its place (UTF-16), and what the model thought of it. The first token of a text has no prediction: NaN.</summary>
internal readonly record struct HeatToken(int Start, int End, float LogProb, int Rank, float Entropy);

/// <summary>Surprise (−log p, in nats) as colour: expected tokens are pale, unexpected ones strong. Six steps, so that a terminal and a page show the same.</summary>
internal static class HeatMap
{
    private static readonly float[] Steps = [0.5f, 1.5f, 3f, 5f, 8f];

    // 256-colour backgrounds from pale to strong orange-red, with a readable foreground each.
    private static readonly string[] Ansi = ["", "\e[48;5;230;38;5;16m", "\e[48;5;223;38;5;16m", "\e[48;5;216;38;5;16m", "\e[48;5;209;38;5;16m", "\e[48;5;160;38;5;231m"];

    private const string Reset = "\e[0m";

    /// <summary>The text with coloured backgrounds; without colour the text alone. Control characters are shown, never sent to the terminal.</summary>
    public static string ForTerminal(string text, IReadOnlyList<HeatToken> tokens, bool colour)
    {
        var shown = new StringBuilder(text.Length * 2);
        Walk(text, tokens, (piece, token) =>
        {
            string begin = colour && token is { } scored ? Ansi[Step(scored.LogProb)] : "";
            // A coloured line end would fill the rest of the line.
            string visible = Visible(piece);
            shown.Append(begin.Length == 0 ? visible : begin + visible.Replace("\n", Reset + "\n" + begin, StringComparison.Ordinal) + Reset);
        });
        return shown.ToString();
    }

    public static string Legend(bool colour) => !colour
        ? "surprise = -log p of each token, in nats"
        : "surprise (nats): " + string.Join(' ', Enumerable.Range(0, Ansi.Length).Select(step => $"{Ansi[step]} {StepName(step)} {Reset}"));

    /// <summary>A page of its own: no script, nothing loaded, readable in light and dark.</summary>
    public static string ForPage(string title, string text, IReadOnlyList<HeatToken> tokens, IReadOnlyDictionary<string, double?> criteria)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{WebUtility.HtmlEncode(title)}</title>\n<style>{Style}</style></head><body><main>\n<h1>{WebUtility.HtmlEncode(title)}</h1>\n<p class=\"legend\">Surprise in nats:");
        for (int step = 0; step < Ansi.Length; step++) page.Append(CultureInfo.InvariantCulture, $" <span class=\"s{step}\">{StepName(step)}</span>");
        page.Append("</p>\n<pre dir=\"auto\">");
        Walk(text, tokens, (piece, token) =>
        {
            string shown = WebUtility.HtmlEncode(Visible(piece));
            if (token is not { } scored) page.Append(shown);
            else page.Append(CultureInfo.InvariantCulture, $"<span class=\"s{Step(scored.LogProb)}\" title=\"log p {scored.LogProb:F3}, rank {scored.Rank}, entropy {scored.Entropy:F3}\">{shown}</span>");
        });
        page.Append("</pre>\n<table><caption>Criteria</caption>");
        foreach (var (name, value) in criteria)
            page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{WebUtility.HtmlEncode(name)}</th><td>{(value is { } number ? number.ToString("G6", CultureInfo.InvariantCulture) : "–")}</td></tr>");
        return page.Append("</table>\n</main></body></html>\n").ToString();
    }

    /// <summary>Pieces in order: a token's own text with its scores, and what no token covers without. Tokens that share one character are one piece, the most surprising counts.</summary>
    private static void Walk(string text, IReadOnlyList<HeatToken> tokens, Action<string, HeatToken?> show)
    {
        int at = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            while (i + 1 < tokens.Count && tokens[i + 1].Start < token.End)
            {
                var next = tokens[++i];
                var worst = !(next.LogProb < token.LogProb) ? token : next;
                token = worst with { Start = token.Start, End = Math.Max(token.End, next.End) };
            }
            if (token.End <= at) continue;
            if (token.Start > at) show(text[at..token.Start], null);
            show(text[Math.Max(at, token.Start)..token.End], float.IsNaN(token.LogProb) ? null : token);
            at = token.End;
        }
        if (at < text.Length) show(text[at..], null);
    }

    private static int Step(float logProb)
    {
        int step = 0;
        while (step < Steps.Length && -logProb >= Steps[step]) step++;
        return step;
    }

    private static string StepName(int step) => step == 0
        ? string.Create(CultureInfo.InvariantCulture, $"<{Steps[0]}")
        : step == Steps.Length ? string.Create(CultureInfo.InvariantCulture, $"≥{Steps[^1]}") : string.Create(CultureInfo.InvariantCulture, $"{Steps[step - 1]}–{Steps[step]}");

    private static string Visible(string piece) => string.Concat(piece.Select(letter => letter switch
    {
        '\n' or '\t' => letter.ToString(),
        '\r' => "",
        _ when char.IsControl(letter) || letter is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or >= '\u200B' and <= '\u200F' or '\uFEFF' => $"\\u{(int)letter:X4}",
        _ => letter.ToString(),
    }));

    private const string Style = """
        :root{color-scheme:light dark;--text:#1d1d1f;--page:#fff;--heat:194,65,12}
        @media(prefers-color-scheme:dark){:root{--text:#e8e6e3;--page:#16181c;--heat:251,146,60}}
        body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1rem}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;line-height:1.8}
        .legend span{padding:.1em .4em;border-radius:.2em}
        .s1{background:rgba(var(--heat),.12)}.s2{background:rgba(var(--heat),.24)}.s3{background:rgba(var(--heat),.38)}
        .s4{background:rgba(var(--heat),.52);text-decoration:underline dotted}.s5{background:rgba(var(--heat),.66);text-decoration:underline}
        table{border-collapse:collapse}th,td{text-align:left;padding:.1em 1em .1em 0;font-weight:normal}td{font-variant-numeric:tabular-nums}
        """;
}
