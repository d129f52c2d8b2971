using Detection.Contracts;
using Detection.Detectors.Calibration;
using Detection.Learning.Pretraining;

namespace Detection.Learning.Data;

/// <summary>
/// Texts by people from the corpus, as messages of every channel and length: b = 0 sets thresholds, b = 1 gives heads their negatives (published-numbers.md §7).
/// A document gives at most one text of a length: stretches that follow one another, cut at the end of a sentence, in an order that its hash chooses.
/// </summary>
public static class CorpusTexts
{
    private static readonly int[] Lengths = [180, 450, 1_200, 4_000];

    /// <param name="files">Corpus files, JSON lines of <see cref="CorpusDocument"/>.</param>
    /// <param name="use"><see cref="CorpusUse.Calibration"/> or <see cref="CorpusUse.HeadNegatives"/>.</param>
    /// <param name="excluded">SHA-256 (hexadecimal) of documents that are used elsewhere, in full or its first digits.</param>
    /// <param name="each">Most texts of one channel and length.</param>
    /// <returns>Texts of one document are of one cluster.</returns>
    public static IReadOnlyList<PlacedRow> Sample(IEnumerable<string> files, CorpusUse use, LicenceClass loosest, IReadOnlyCollection<string> excluded, int each)
    {
        var texts = files.SelectMany(CorpusReader.Read).Where(document => CorpusSplit.UseOf(document.Text) == use && DataLicences.Current.Allows(document.Source, loosest))
            .Select(document => (Document: document, Hash: LabelledSet.HashOf(document.Text)))
            .Where(one => !excluded.Any(prefix => one.Hash.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || prefix.StartsWith(one.Hash, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(one => Passages(one.Document.Text, ChannelOf(one.Document), Convert.ToInt32(one.Hash[^2..], 16)).Select(passage => (one.Document, one.Hash, Passage: passage)))
            // Documents that have given nothing yet before those that have.
            .OrderBy(one => one.Passage.At > 0);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<PlacedRow>();
        foreach (var (document, hash, (text, bucket, at)) in texts)
        {
            if (counts.GetValueOrDefault(bucket) >= each) continue;
            counts[bucket] = counts.GetValueOrDefault(bucket) + 1;
            rows.Add(new PlacedRow(Row(document, ChannelOf(document), text, at == 0 ? $"corpus:{hash}" : $"corpus:{hash}/{at}"), $"corpus:{hash}", use == CorpusUse.Calibration ? RowUse.SetsThresholds : RowUse.Teaches));
        }
        return rows;
    }

    /// <summary>A text of a document that has given another: beside that one it is no independent observation.</summary>
    public static bool IsFurther(PlacedRow row) => row.Row.File.StartsWith("corpus/", StringComparison.Ordinal) && row.Cluster != row.Row.Id;

    private static IEnumerable<(string Text, string Bucket, int At)> Passages(string document, Channel channel, int chosen)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        string rest = document;
        for (int i = 0; i < Lengths.Length && rest.Length > 0; i++)
        {
            int length = Lengths[(chosen + i) % Lengths.Length];
            string text = Cut(rest, length);
            // The end of a document is a text of its own only where it is long enough for one.
            if (i > 0 && text.Length < length / 3) continue;
            string bucket = LengthBucket.Of(channel, text.Length).First();
            rest = rest[(rest.IndexOf(text, StringComparison.Ordinal) + text.Length)..].TrimStart();
            if (given.Add(bucket)) yield return (text, bucket, i);
        }
    }

    private static LabelledRow Row(CorpusDocument document, Channel channel, string text, string id) => new()
    {
        Id = id,
        File = $"corpus/{document.Source}",
        Task = LearningTask.Synthetic,
        Text = text,
        Message = new Message { Id = id, Text = text, Channel = channel },
        Split = "train",
        Machine = false,
        // The Cypherpunks list carried spam.
        Mail = document.Source == "cypherpunks" ? null : MailKind.Ham,
        Domain = document.Domain,
    };

    private static Channel ChannelOf(CorpusDocument document) => document.Domain switch
    {
        "email" => Channel.Email,
        "newsgroup" => Channel.Forum,
        "social" => document.Source.StartsWith("reddit", StringComparison.Ordinal) ? Channel.Forum : Channel.Social,
        "review" => Channel.Review,
        _ => Channel.Document,
    };

    private static string Cut(string text, int length)
    {
        if (text.Length <= length) return text;
        int end = text.LastIndexOfAny(['.', '!', '?', '\n'], length - 1);
        return (end > length / 3 ? text[..(end + 1)] : text[..length]).Trim();
    }
}
