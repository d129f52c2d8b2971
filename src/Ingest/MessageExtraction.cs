using System.Text;
using System.Text.RegularExpressions;
using Detection.Contracts;

namespace Detection.Ingest;

/// <summary>From a message as sent to the words a person sees, with what a person does not see kept as facts. Pure: nothing is executed, nothing fetched.</summary>
public static partial class MessageExtraction
{
    private const int MaxUrls = 200;
    private const int MaxId = 1000;
    private const int MaxSubject = 2000;

    /// <exception cref="IngestException">The message cannot be read or is over a limit; names the field.</exception>
    public static Message Extract(Message sent, IngestOptions options)
    {
        if (sent.Text is null && sent.Html is null && sent.Raw is null) throw new IngestException("One of text, html, raw is needed.");
        ItemChecks.Check(sent);
        if (sent.Id?.Length > MaxId) throw new IngestException($"id: longer than {MaxId} characters.");
        var read = sent.Raw is { } raw ? MailText.Read(sent, RawBytes.Of(raw, sent.RawEncoding, options), options)
            : sent.Html is not null ? FromHtml(sent, options)
            : sent;
        string id = sent.Id is { Length: > 0 } given ? given : read.Id is { Length: > 0 } own ? own : VerdictIdentity.MessageId(sent);
        return Finish(read with { Id = WellFormed(id), Html = null, Raw = null, RawEncoding = null }, sent, options);
    }

    private static Message FromHtml(Message sent, IngestOptions options)
    {
        if (sent.Html!.Length > options.MaxMessageBytes) throw new IngestException($"html: longer than {options.MaxMessageBytes} characters.");
        var html = HtmlText.Read(sent.Html, options);
        Fact[] difference = sent.Text is { } plain && Alternatives.Differ(plain, html.Text) is { } differs ? [differs] : [];
        return sent with { Text = html.Text, Links = [.. sent.Links ?? [], .. html.Links], Hidden = [.. sent.Hidden ?? [], .. html.Hidden], Facts = [.. sent.Facts ?? [], .. html.Facts, .. difference] };
    }

    private static Message Finish(Message read, Message sent, IngestOptions options)
    {
        string text = WellFormed(read.Text ?? "").Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        string? subject = read.Subject is { } given ? WellFormed(given).ReplaceLineEndings(" ").Trim() : null;
        var facts = new List<Fact>(read.Facts ?? []);
        if (string.IsNullOrEmpty(subject)) (subject, text) = SplitSubject(text);
        if (text.Length > options.MaxTextCharacters)
        {
            facts.Add(new Fact("truncated", $"The text is longer; its first {options.MaxTextCharacters} characters are kept."));
            text = Cut(text, options.MaxTextCharacters);
        }
        if (subject?.Length > MaxSubject) subject = Cut(subject, MaxSubject);
        var urls = (read.Urls ?? []).Concat(read.Links?.Select(link => link.Target).Where(IsWebAddress) ?? []).Concat(Urls(text)).Distinct(StringComparer.Ordinal).Take(MaxUrls).ToArray();
        bool trusted = options.TrustedReceivers.Count > 0;
        var finished = read with
        {
            Text = text,
            Subject = subject,
            Urls = urls.Length == 0 ? null : urls,
            Links = Some(read.Links?.Take(options.MaxItems)),
            Hidden = Some(read.Hidden?.Take(options.MaxItems)),
            Recipients = Some(read.Recipients?.Take(options.MaxItems)),
            Attachments = Some(read.Attachments?.Take(options.MaxItems)),
            Headers = Some(read.Headers?.Take(options.MaxItems)),
            Authentication = sent.Raw is null && !trusted ? null : read.Authentication,
            ReceivedAt = sent.Raw is null && !trusted ? null : read.ReceivedAt,
        };
        return finished with { Facts = Some(facts.Concat(SenderFacts.Of(finished)).DistinctBy(fact => (fact.Name, fact.Detail)).Take(options.MaxItems)) };
    }

    /// <summary>Data sets and pasted mails put the subject on the first line; an empty one is no subject, and the next may be.</summary>
    private static (string? Subject, string Text) SplitSubject(string text)
    {
        string subject = "";
        int end = 0;
        while (subject.Length == 0 && SubjectLine().Match(text, end) is { Success: true } match) (subject, end) = (match.Groups[1].Value.Trim(), match.Index + match.Length);
        return (subject.Length == 0 ? null : subject, end == 0 ? text : text[end..].TrimStart('\n'));
    }

    private static IEnumerable<string> Urls(string text)
    {
        foreach (var match in Url().EnumerateMatches(text.AsSpan(0, Math.Min(text.Length, 200_000))).ToRanges())
        {
            string url = text[match.Start..match.End].TrimEnd('.', ',', ';', ':', ')', ']', '>', '"', '\'', '!', '?');
            // Programs make a link of a bare www. as well, and this is where it leads.
            yield return url.StartsWith("http", StringComparison.OrdinalIgnoreCase) ? url : "http://" + url;
        }
    }

    private static List<(int Start, int End)> ToRanges(this Regex.ValueMatchEnumerator matches)
    {
        var ranges = new List<(int, int)>();
        foreach (var match in matches)
        {
            ranges.Add((match.Index, match.Index + match.Length));
            if (ranges.Count == MaxUrls) break;
        }
        return ranges;
    }

    private static bool IsWebAddress(string target) =>
        target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Half a surrogate pair becomes U+FFFD; NUL would end the text in other programs.</summary>
    internal static string WellFormed(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) text = text.Replace('\0', '\uFFFD');
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) { i++; continue; }
            return Mend(text);
        }
        return text;
    }

    private static string Mend(string text)
    {
        char[] letters = text.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
            if (char.IsHighSurrogate(letters[i]) && i + 1 < letters.Length && char.IsLowSurrogate(letters[i + 1])) i++;
            else if (char.IsSurrogate(letters[i])) letters[i] = '\uFFFD';
        return new string(letters);
    }

    /// <summary>Never between the halves of a pair.</summary>
    internal static string Cut(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static T[]? Some<T>(IEnumerable<T>? items) => items?.ToArray() is { Length: > 0 } some ? some : null;

    [GeneratedRegex(@"\G[ \t\n]*Subject:[ \t]*([^\n]{0,998})(\n|\z)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SubjectLine();

    [GeneratedRegex(@"\b(?:https?://|www\.)[^\s<>""]{1,2000}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Url();
}
