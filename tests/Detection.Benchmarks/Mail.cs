using System.Text;
using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Ingest;
using Detection.Text;

namespace Detection.Benchmarks;

/// <summary>One newsletter of the samples, and the tokenizer of the compact model; both travel in the assembly.</summary>
internal static class Mail
{
    public static Message Sent { get; } = new() { Raw = Encoding.Latin1.GetString(Resource("newsletter.eml")), RawEncoding = "latin1" };

    /// <summary>The stored text of <see cref="Sent"/>.</summary>
    public static string Text { get; } = MessageExtraction.Extract(Sent, new IngestOptions()).Text!;

    public static Tokenizer Tokenizer()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("detection-benchmark-").FullName, "compact.gguf");
        File.WriteAllBytes(path, Resource("compact.gguf"));
        using var checkpoint = Checkpoint.Open(path);
        return new Tokenizer(checkpoint.Tokenizer!.Value, checkpoint.Config);
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(Mail).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
