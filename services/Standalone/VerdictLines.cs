using System.Globalization;
using Detection.Contracts;
using Detection.Detectors.Explaining;
using Spectre.Console;

namespace Detection.Standalone;

/// <summary>Verdicts as rows of a table that streams: fixed columns, one line each, so that memory does not grow with the stream.</summary>
internal sealed class VerdictLines(Terminal terminal)
{
    public void Head() => terminal.Out.WriteLine($"{"action",-7} {"machine",8} {"spam",6} {"phish",6} {"persuasion",10}  {"author",-11} {"channel",-8} {"message",-28} what");

    /// <param name="explained">Null: a row alone, without the reasons.</param>
    public void Write(JudgedMessage judged, ExplainedMessage? explained = null)
    {
        string row = string.Create(CultureInfo.InvariantCulture,
            $"{Name(judged.Action),-7} {Number(judged.Scores.Synthetic),8} {Number(judged.Scores.Spam),6} {Number(judged.Scores.Phishing),6} {Number(judged.Scores.Manipulation),10}  {Name(judged.Authorship),-11} {judged.Channel.Name(),-8} {Fit(judged.MessageId, 28),-28} {Fit(What(judged.Message), 60)}");
        if (terminal.IsOutputTerminal && Colour(judged.Action) is { } colour) terminal.Screen.MarkupLine($"[{colour}]{Markup.Escape(row)}[/]");
        else terminal.Out.WriteLine(row);
        if (explained is null) return;
        foreach (var evidence in judged.Evidence) terminal.Out.WriteLine($"        {OneLine(evidence.Text)}");
        terminal.Out.WriteLine($"        {Normalisation(explained)}");
    }

    /// <summary>What normalisation took away, and the scores of the text as it was sent before those of the text that was judged.</summary>
    internal static string Normalisation(ExplainedMessage explained)
    {
        var (sent, judged) = (explained.AsSent, explained.Normalised);
        string removed = explained.Removed.Count == 0 ? "nothing but white space" : string.Join(", ", explained.Removed.Select(change => string.Create(CultureInfo.InvariantCulture, $"{change.Count:N0} {change.Kind}")));
        return string.Create(CultureInfo.InvariantCulture,
            $"As sent → normalised ({removed}): {sent.Tokens} → {judged.Tokens} tokens, likelihood {Number(sent.Likelihood)} → {Number(judged.Likelihood)}, Fast-DetectGPT {Number(sent.FastDetectGpt)} → {Number(judged.FastDetectGpt)}, authorship margin {Number(sent.Margin)} → {Number(judged.Margin)}");
    }

    /// <summary>The reason in words: what the strongest evidence says, else the decisions themselves.</summary>
    public static string Reason(Verdict verdict)
    {
        var strongest = verdict.Evidence.OrderByDescending(evidence => evidence.Weight).Take(2).Select(evidence => OneLine(evidence.Text)).ToArray();
        return strongest.Length > 0 ? string.Join(" ", strongest) : $"{Name(verdict.Authorship)}, {verdict.Decided.Mail.ToString().ToLowerInvariant()}";
    }

    /// <summary>How suspicious: the action first, then the largest score.</summary>
    public static double Suspicion(Verdict verdict) => (int)verdict.Action + new[] { verdict.Scores.Phishing, verdict.Scores.Spam, verdict.Scores.Synthetic }.Max() ?? 0;

    public static string Name(VerdictAction action) => action.ToString().ToLowerInvariant();

    public static string Name(Authorship authorship) => authorship == Authorship.TooShort ? "too-short" : authorship.ToString().ToLowerInvariant();

    /// <summary>Subject, else the first words; control characters are no business of the terminal.</summary>
    public static string What(Message message) => OneLine(message.Subject is { Length: > 0 } subject ? subject : message.Text ?? "");

    public static string OneLine(string text) => string.Create(Math.Min(text.Length, 300), text, static (letters, source) =>
    {
        for (int i = 0; i < letters.Length; i++) letters[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) || source[i] is >= '\u2028' and <= '\u202E' or >= '\u2066' and <= '\u2069' ? ' ' : source[i];
    });

    public static string Fit(string text, int width) => text.Length <= width ? text : text[..(width - 1)] + "…";

    private static string Number(double? score) => score?.ToString("F2", CultureInfo.InvariantCulture) ?? "-";

    private static string? Colour(VerdictAction action) => action switch { VerdictAction.Hold => "red", VerdictAction.Review => "yellow", _ => null };
}
