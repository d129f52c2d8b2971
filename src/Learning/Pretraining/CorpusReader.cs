using System.Text.Json;

namespace Detection.Learning.Pretraining;

/// <summary>A document of the human corpus.</summary>
public sealed record CorpusDocument(string Text, string Source, string Domain);

/// <summary>JSON lines of <see cref="CorpusDocument"/>, streamed.</summary>
public static class CorpusReader
{
    /// <exception cref="InvalidDataException">Names the file and line that is no document.</exception>
    public static IEnumerable<CorpusDocument> Read(string file)
    {
        int line = 0;
        foreach (string json in File.ReadLines(file))
        {
            line++;
            if (json.Length == 0) continue;
            CorpusDocument? document;
            try { document = JsonSerializer.Deserialize<CorpusDocument>(json, JsonSerializerOptions.Web); }
            catch (JsonException wrong) { throw new InvalidDataException($"{file}:{line}: {wrong.Message}", wrong); }
            yield return document is { Text.Length: > 0, Source: not null, Domain: not null } ? document : throw new InvalidDataException($"{file}:{line}: text, source and domain are needed.");
        }
    }

    /// <summary>The documents that a language model may read: the split's share, of sources whose licence class is allowed.</summary>
    public static IEnumerable<CorpusDocument> Pretraining(IEnumerable<string> files, LicenceClass loosest) => files
        .SelectMany(Read)
        .Where(document => DataLicences.Current.Allows(document.Source, loosest) && CorpusSplit.UseOf(document.Text) == CorpusUse.Pretraining);

    /// <summary>Half of the documents, chosen by their hash, lose their line breaks: judged text has its white space collapsed, and mail has not.</summary>
    public static string AsRead(CorpusDocument document) => CorpusSplit.Bucket(document.Text) % 2 == 0 ? CollapseWhiteSpace(document.Text) : document.Text;

    internal static string CollapseWhiteSpace(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
