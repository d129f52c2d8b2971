using System.Globalization;
using System.Text;
using Detection.Streaming;

namespace Detection.Standalone.Streaming;

/// <summary>Messages of one size with ids of their own, made ahead so that making them costs nothing.</summary>
internal sealed class BenchMessages
{
    private const int Texts = 256;

    private readonly string[] _texts;
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _next;

    /// <param name="bytes">Of a message's JSON, about.</param>
    public BenchMessages(int bytes)
    {
        var random = new Random(1);
        int length = Math.Max(1, bytes - Json("", Id(0)).Length);
        _texts = [.. Enumerable.Range(0, Texts).Select(_ => Text(random, length))];
    }

    /// <param name="due">When it is to be sent.</param>
    public (string Id, OutgoingRecord Record) Next(long due)
    {
        int number = Interlocked.Increment(ref _next);
        string id = Id(number);
        return (id, new OutgoingRecord(id, Encoding.ASCII.GetBytes(Json(_texts[number % Texts], id)), [new("content-type", "application/json"), new("ce_specversion", "1.0"), new("ce_id", id), new("ce_source", "detection/bench"), new("ce_type", "detection.message.v1"), TimedStream.DueAt(due)]));
    }

    private string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"bench-{_run}-{number:D9}");

    private static string Json(string text, string id) => $$"""{"id":"{{id}}","channel":"email","text":"{{text}}"}""";

    private static string Text(Random random, int length)
    {
        var text = new StringBuilder();
        while (text.Length < length) text.Append(text.Length > 0 ? " " : "").Append("word").Append(random.Next(2_000));
        return text.ToString(0, length);
    }
}
