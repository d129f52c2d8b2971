using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Detection.EndToEnd.Chaos;

[JsonConverter(typeof(JsonStringEnumConverter<HistoryKind>))]
internal enum HistoryKind
{
    /// <summary>A message is about to be sent; <see cref="HistoryEvent.Subject"/> is the sender's id.</summary>
    Sent,

    /// <summary>The stream said that it has the message: from here on it may not be lost.</summary>
    Accepted,

    /// <summary>The stream refused the message, or did not answer: it may have it or not.</summary>
    Unanswered,

    /// <summary>kill -9 of what <see cref="HistoryEvent.Subject"/> names.</summary>
    Killed,

    /// <summary>A process or server was started and is ready.</summary>
    Up,

    /// <summary>A fault begins: of the network, the disk, the clock, the speed.</summary>
    Fault,

    /// <summary>The fault is over.</summary>
    Healed,
}

/// <param name="Subject">The sender's id of a message, or the part that something happened to.</param>
internal sealed record HistoryEvent(DateTimeOffset At, HistoryKind Kind, string Subject, string? Detail = null);

/// <summary>What was done in a run and what the stream answered, one JSON line an event, written as it happens: the file stands after any end of the run. Safe for several threads.</summary>
internal sealed class History(string path) : IDisposable
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Lock _writing = new();
    private readonly List<HistoryEvent> _events = [];
    private readonly StreamWriter _file = new(path, append: true, new UTF8Encoding(false)) { AutoFlush = true };

    public IReadOnlyList<HistoryEvent> Events
    {
        get { lock (_writing) return [.. _events]; }
    }

    public void Add(HistoryKind kind, string subject, string? detail = null)
    {
        lock (_writing)
        {
            var happened = new HistoryEvent(TimeProvider.System.GetUtcNow(), kind, subject, detail);
            _events.Add(happened);
            _file.WriteLine(JsonSerializer.Serialize(happened, Form));
        }
    }

    public int Count(HistoryKind kind)
    {
        lock (_writing) return _events.Count(happened => happened.Kind == kind);
    }

    public void Dispose() => _file.Dispose();

    public static IReadOnlyList<HistoryEvent> Read(string path) => [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<HistoryEvent>(line, Form)!)];
}
