using System.Text;

namespace Detection.EndToEnd.Chaos;

/// <summary>
/// Bulk requests of Elasticsearch and OpenSearch, of all indices or one. HTTP/1.1 without pipelining, as .NET's client speaks it: a request begins where the answer before has begun,
/// so that bodies need not be read.
/// </summary>
internal sealed class HttpExchange : IExchange
{
    private const int MaxLine = 8 << 10;

    private readonly StringBuilder _line = new();
    private bool _reading = true, _matched;

    public void Ask(ReadOnlySpan<byte> bytes)
    {
        if (!_reading) return;
        int end = bytes.IndexOf((byte)'\n');
        _line.Append(Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]));
        if (end < 0 && _line.Length < MaxLine) return;
        _matched = IsBulk(_line.ToString().Split(' '));
        _reading = false;
        _line.Clear();
    }

    public bool Answer(ReadOnlySpan<byte> bytes)
    {
        // "100 Continue" is no answer; the body follows it.
        if (_reading || bytes.StartsWith("HTTP/1.1 100"u8)) return false;
        _reading = true;
        return _matched;
    }

    private static bool IsBulk(string[] words) => words is ["POST" or "PUT", var path, ..] && path.Split('?')[0].EndsWith("/_bulk", StringComparison.Ordinal);
}
