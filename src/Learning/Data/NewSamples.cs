using System.Text.Json;
using Detection.Contracts;

namespace Detection.Learning.Data;

/// <summary>What <c>samples add</c> says of new texts.</summary>
public enum SampleLabel
{
    Machine,
    Human,
    Spam,
    Phishing,
    Ham,
}

/// <summary>Labelled new samples (new bots, new campaigns) in the data folder, one JSON line each; they teach the next heads beside the data sets, with their origin.</summary>
public sealed class NewSamples(string dataFolder, TimeProvider time)
{
    private const int LongestPlace = 80;

    private string Folder => Path.Combine(dataFolder, "samples");

    /// <summary>Appends extracted messages; one that is stored already under the same label is left out. Returns how many are new.</summary>
    /// <param name="origin">File or other place that they came from.</param>
    /// <param name="generator">The program that wrote them; null where unknown.</param>
    public int Add(IEnumerable<Message> messages, SampleLabel label, string origin, string? generator)
    {
        Directory.CreateDirectory(Folder);
        string name = label.ToString().ToLowerInvariant(), path = Path.Combine(Folder, name + ".jsonl");
        var known = Stored(path).Select(sample => sample.ContentSha256).ToHashSet(StringComparer.Ordinal);
        int added = 0;
        using var file = new StreamWriter(path, append: true);
        foreach (var message in messages)
        {
            string content = VerdictIdentity.ContentSha256(message);
            if (string.IsNullOrWhiteSpace(message.Text) || !known.Add(content)) continue;
            file.WriteLine(JsonSerializer.Serialize(new Sample(message, name, origin, generator, content, time.GetUtcNow()), ContractJson.Sparse));
            added++;
        }
        return added;
    }

    /// <summary>All samples as rows that teach; <see cref="LabelledRow.File"/> is <c>samples/LABEL/ORIGIN</c>, so that each origin is a source of its own.</summary>
    public IReadOnlyList<LabelledRow> Read() => !Directory.Exists(Folder) ? [] :
        [.. Directory.EnumerateFiles(Folder, "*.jsonl").Order(StringComparer.Ordinal).SelectMany(Stored).Select(Row)];

    private static LabelledRow Row(Sample sample) => new()
    {
        Id = sample.Message.Id ?? sample.ContentSha256,
        File = $"samples/{sample.Label}/{Place(sample.Origin)}",
        Task = sample.Label is "machine" or "human" ? LearningTask.Synthetic : LearningTask.Spam,
        Text = sample.Message.Text ?? "",
        Message = sample.Message,
        Split = "train",
        Machine = sample.Label switch { "machine" => true, "human" => false, _ => null },
        Mail = sample.Label switch { "spam" => MailKind.Spam, "phishing" => MailKind.Phishing, "ham" => MailKind.Ham, _ => null },
        Generator = sample.Generator,
        Domain = sample.Message.Channel.Name(),
    };

    /// <summary>The last part of an origin alone: a bundle names what taught it, not the folders of the machine that trained it.</summary>
    private static string Place(string origin)
    {
        string name = origin == "-" ? "stdin" : Path.GetFileName(origin.TrimEnd('/', '\\'));
        return new([.. name.Take(LongestPlace).Select(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_')]);
    }

    private static IEnumerable<Sample> Stored(string path)
    {
        if (!File.Exists(path)) yield break;
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            // A line that a kill cut off has no end; what came before it is whole.
            if (line.Length == 0 || line[^1] != '}') continue;
            Sample? sample;
            try { sample = JsonSerializer.Deserialize<Sample>(line, ContractJson.Sparse); }
            catch (JsonException wrong) { throw new InvalidDataException($"{path}:{number}: {wrong.Message}", wrong); }
            if (sample is not null) yield return sample;
        }
    }

    private sealed record Sample(Message Message, string Label, string Origin, string? Generator, string ContentSha256, DateTimeOffset AddedAt);
}
