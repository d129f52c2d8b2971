using Detection.Contracts;
using Detection.Detectors.Calibration;
using Detection.Learning.Pretraining;

namespace Detection.Learning.Data;

/// <summary>
/// Texts by people from the corpus, as messages of every channel and length: b = 0 sets thresholds, b = 1 gives heads their negatives (published-numbers.md §7).
/// Long documents are cut at the end of a sentence, to a length that their hash chooses.
/// </summary>
public static class CorpusTexts
{
    private static readonly int[] Lengths = [180, 450, 1_200, 4_000];

    /// <param name="files">Corpus files, JSON lines of <see cref="CorpusDocument"/>.</param>
    /// <param name="use"><see cref="CorpusUse.Calibration"/> or <see cref="CorpusUse.HeadNegatives"/>.</param>
    /// <param name="excluded">SHA-256 (hexadecimal) of documents that are used elsewhere, in full or its first digits.</param>
    /// <param name="each">Most texts of one channel and length.</param>
    public static IReadOnlyList<LabelledRow> Sample(IEnumerable<string> files, CorpusUse use, LicenceClass loosest, IReadOnlyCollection<string> excluded, int each)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<LabelledRow>();
        foreach (string file in files)
            foreach (var document in CorpusReader.Read(file))
            {
                if (CorpusSplit.UseOf(document.Text) != use || !DataLicences.Current.Allows(document.Source, loosest)) continue;
                string hash = LabelledSet.HashOf(document.Text);
                if (excluded.Any(prefix => hash.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || prefix.StartsWith(hash, StringComparison.OrdinalIgnoreCase))) continue;
                var channel = ChannelOf(document);
                string text = Cut(document.Text, Lengths[Convert.ToInt32(hash[^2..], 16) % Lengths.Length]);
                string bucket = LengthBucket.Of(channel, text.Length).First();
                if (counts.GetValueOrDefault(bucket) >= each) continue;
                counts[bucket] = counts.GetValueOrDefault(bucket) + 1;
                rows.Add(Row(document, channel, text, hash));
            }
        return rows;
    }

    private static LabelledRow Row(CorpusDocument document, Channel channel, string text, string hash) => new()
    {
        Id = $"corpus:{hash}",
        File = $"corpus/{document.Source}",
        Task = LearningTask.Synthetic,
        Text = text,
        Message = new Message { Id = $"corpus:{hash}", Text = text, Channel = channel },
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
