using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Learning.Data;

/// <summary>Reads labelled JSON lines (also <c>.gz</c>) in the shapes of the shared data sets: authorship (<c>label</c>), mail (<c>labels</c> of ham, spam, phishing) and techniques (<c>source_labels</c>).</summary>
public static class LabelledFile
{
    private const int LongestLine = 8 << 20, MostSpans = 10_000;

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
        var row = Row(fields, LearningTask.Manipulation, name, line);
        return row with
        {
            Techniques = annotated.ToDictionary(head => head, present.Contains, StringComparer.Ordinal),
            Spans = fields.Items("spans") is { } spans ? [.. Spans(row.Text, spans, annotated)] : null,
            Group = fields["doc"] ?? fields["title"],
        };
    }

    /// <summary>From Unicode code points to UTF-16 units. A place that runs past the text ends with it; one of a technique that is no head is left out.</summary>
    private static IEnumerable<TechniqueSpan> Spans(string text, JsonElement spans, IReadOnlyList<string> annotated)
    {
        if (spans.GetArrayLength() > MostSpans) throw new FormatException($"spans: {spans.GetArrayLength()} of them; at most {MostSpans} are read.");
        int[] starts = [.. Enumerable.Range(0, text.Length).Where(i => !char.IsLowSurrogate(text[i]) || i == 0 || !char.IsHighSurrogate(text[i - 1])), text.Length];
        int number = 0;
        foreach (var span in spans.EnumerateArray())
        {
            string field = $"spans[{number++}]";
            if (!span.TryGetProperty("start", out var from) || !from.TryGetInt32(out int start) || start < 0 || start >= starts.Length - 1) throw new FormatException($"{field}.start is no place in the text.");
            if (!span.TryGetProperty("end", out var to) || !to.TryGetInt32(out int end) || end <= start) throw new FormatException($"{field}.end is not after its start.");
            if (!span.TryGetProperty("technique", out var named)) throw new FormatException($"{field}.technique is missing.");
            if (named.GetString() is not { } technique) continue;
            if (!annotated.Contains(technique)) throw new FormatException($"{field}.technique '{technique}' is none that the source annotates.");
            yield return new TechniqueSpan(starts[start], starts[Math.Min(end, starts.Length - 1)], technique);
        }
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

        /// <summary>Null where there is no list.</summary>
        public JsonElement? Items(string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value : null;

        public List<string> List(string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(one => one.GetString() ?? "")]
            : throw new FormatException($"{name} is no list.");
    }
}
