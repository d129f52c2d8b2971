using System.Buffers.Binary;
using System.Text;

namespace Detection.EndToEnd.Chaos;

/// <summary>
/// Kafka's frames (https://kafka.apache.org/protocol): a length; then in a request API key, version, correlation id and client id, in an answer the correlation id. Answers to
/// produce requests match, but not those of the harness's own clients.
/// </summary>
internal sealed class KafkaExchange : IExchange
{
    /// <summary>Client ids that begin so are the harness's.</summary>
    public const string OwnClients = "chaos-";

    private const int Produce = 0, MaxHead = 4 + 8 + 2 + 64;

    private readonly Frames _requests = new(MaxHead), _answers = new(8);
    private readonly HashSet<int> _awaited = [];

    public void Ask(ReadOnlySpan<byte> bytes) => _requests.Read(bytes, head =>
    {
        if (head.Length < 14 || BinaryPrimitives.ReadInt16BigEndian(head[4..]) != Produce) return;
        int name = Math.Max(0, Math.Min((int)BinaryPrimitives.ReadInt16BigEndian(head[12..]), head.Length - 14));
        if (!Encoding.UTF8.GetString(head.Slice(14, name)).StartsWith(OwnClients, StringComparison.Ordinal)) _awaited.Add(BinaryPrimitives.ReadInt32BigEndian(head[8..]));
    });

    public bool Answer(ReadOnlySpan<byte> bytes)
    {
        bool matches = false;
        _answers.Read(bytes, head => matches |= head.Length == 8 && _awaited.Remove(BinaryPrimitives.ReadInt32BigEndian(head[4..])));
        return matches;
    }

    /// <summary>Takes the first bytes of each frame, its length among them, and skips the rest.</summary>
    private sealed class Frames(int headBytes)
    {
        private readonly byte[] _head = new byte[headBytes];
        private int _filled;
        private long _skip;

        public void Read(ReadOnlySpan<byte> bytes, Action<ReadOnlySpan<byte>> frame)
        {
            while (bytes.Length > 0)
            {
                if (_skip > 0)
                {
                    int skipped = (int)Math.Min(_skip, bytes.Length);
                    bytes = bytes[skipped..];
                    _skip -= skipped;
                    continue;
                }
                int wanted = _filled < 4 ? 4 : (int)Math.Min(headBytes, 4 + Length());
                int taken = Math.Min(wanted - _filled, bytes.Length);
                bytes[..taken].CopyTo(_head.AsSpan(_filled));
                _filled += taken;
                bytes = bytes[taken..];
                if (_filled < 4 || _filled < Math.Min(headBytes, 4 + Length())) continue;
                frame(_head.AsSpan(0, _filled));
                _skip = 4 + Length() - _filled;
                _filled = 0;
            }
        }

        private long Length() => BinaryPrimitives.ReadUInt32BigEndian(_head);
    }
}
