using Confluent.Kafka;
using Record = Confluent.Kafka.Message<byte[], byte[]>;

namespace Detection.Streaming.Kafka;

/// <summary>A record on its way out, in the forms in which it may go: the first that its topic does not find too large. A form that is null means that nothing is sent.</summary>
internal sealed class Outgoing(TopicPartition target, params IReadOnlyList<Record?> forms)
{
    private int _form;

    public TopicPartition Target { get; } = target;

    public Record? Record => forms[_form];

    /// <summary>Bytes of the largest form; what it counts in memory.</summary>
    public int Size { get; } = forms[0] is { } first ? KafkaRecords.Size(first) : 0;

    /// <summary>To the next smaller form; false: there is none.</summary>
    public bool Shrink()
    {
        if (_form + 1 >= forms.Count) return false;
        _form++;
        return true;
    }
}
