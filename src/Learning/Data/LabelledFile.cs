using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Learning.Data;

/// <summary>Reads labelled JSON lines (also <c>.gz</c>) in the shapes of the shared data sets: authorship (<c>label</c>), mail (<c>labels</c> of ham, spam, phishing) and techniques (<c>source_labels</c>).</summary>
public static class LabelledFile
{
    private const int LongestLine = 8 << 20;

    /// <exception cref="InvalidDataException">Names the file, the line and the field that is wrong.</exception>
    public static IEnumerable<LabelledRow> Read(string path)
    {
        using var stream = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var lines = new StreamReader(plain, new UTF8Encoding(false));
        string name = Name(path);
        for (int number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            if (line.Length > LongestLine) throw new InvalidDataException($"{path}:{number}: a line of {line.Length} characters; at most {LongestLine} are read.");
            yield return Parse(path, name, number, line);
        }
    }

    /// <summary>The file's name without folder and endings.</summary>
    public static string Name(string path)
    {
        string name = Path.GetFileName(path);
        foreach (string ending in new[] { ".gz", ".jsonl" })
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) name = name[..^ending.Length];
        return name;
    }

    private static LabelledRow Parse(string path, string name, int number, string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 32 });
            var fields = new Fields(json.RootElement);
            return fields.Has("label") ? Synthetic(fields, name, number) : fields.Has("source_labels") ? Manipulation(fields, name, number) : Mail(fields, name, number);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}:{number}: {wrong.Message}", wrong);
        }
    }

    private static LabelledRow Synthetic(Fields fields, string name, int line) => Row(fields, LearningTask.Synthetic, name, line) with
    {
        Machine = fields["label"] switch
        {
            "machine" => true,
            "human" => false,
            var other => throw new FormatException($"label is '{other}', not human or machine."),
        },
        Mail = fields["intent"] switch { "phishing" => MailKind.Phishing, "spam" => MailKind.Spam, "legit" => MailKind.Ham, _ => null },
        Generator = fields["generator"],
        Variant = fields["variant"],
        // Native writers are only those that are marked.
        Writer = fields["writer"],
        Group = fields["group"] ?? fields["pair_id"],
    };

    private static LabelledRow Mail(Fields fields, string name, int line)
    {
        var row = Row(fields, LearningTask.Spam, name, line);
        return row with
        {
            Mail = fields.List("labels") switch
            {
                [.., "phishing"] => MailKind.Phishing,
                [.., "spam"] => MailKind.Spam,
                [.., "ham"] => MailKind.Ham,
                _ => throw new FormatException("labels holds none of ham, spam, phishing."),
            },
            Machine = fields["written_by"] switch { "human" => false, "gpt" => true, _ => IsOlderThanMachines(fields["source"] ?? "") ? false : null },
            Message = fields["raw"] is { } raw ? new Message { Id = row.Id, Raw = raw, RawEncoding = "latin1", Channel = Channel.Email } : row.Message,
        };
    }

    private static LabelledRow Manipulation(Fields fields, string name, int line)
    {
        string source = fields["source"] ?? throw new FormatException("source is missing.");
        var annotated = TechniqueSources.HeadsOf(source) ?? throw new FormatException($"source '{source}' is not in the taxonomy.");
        var present = fields.List("labels");
        return Row(fields, LearningTask.Manipulation, name, line) with
        {
            Techniques = annotated.ToDictionary(head => head, present.Contains, StringComparer.Ordinal),
            Group = fields["doc"] ?? fields["title"],
        };
    }

    private static LabelledRow Row(Fields fields, LearningTask task, string name, int line)
    {
        string text = fields["text"] ?? throw new FormatException("text is missing.");
        string id = fields["id"] ?? $"{name}:{line}";
        string domain = fields["channel"] ?? fields["domain"] ?? "";
        return new LabelledRow
        {
            Id = id,
            File = $"{task.ToString().ToLowerInvariant()}/{name}",
            Line = line,
            Task = task,
            Text = text,
            Message = new Message { Id = id, Text = text, Channel = ChannelNames.Parse(domain) },
            Split = fields["split"] switch { "valid" => "dev", { } split => split, null => "test" },
            Domain = fields["domain"] ?? domain,
        };
    }

    /// <summary>Collected before language models wrote mail.</summary>
    private static bool IsOlderThanMachines(string source) => source.Split('/')[0] is "spamassassin" or "enron-spam" or "sms-spam-collection" or "youtube-spam";

    private readonly struct Fields(JsonElement row)
    {
        public string? this[string name] => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        public bool Has(string name) => row.TryGetProperty(name, out _);

        public List<string> List(string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(one => one.GetString() ?? "")]
            : throw new FormatException($"{name} is no list.");
    }
}
