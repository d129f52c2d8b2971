using System.Text;

namespace Detection.Text.Normalising;

/// <summary>A text under construction in which every UTF-16 unit knows its span of the original.</summary>
internal sealed class MappedText(int capacity)
{
    private readonly StringBuilder _text = new(capacity);
    private readonly List<int> _starts = new(capacity), _ends = new(capacity);

    public int Length => _text.Length;

    public TextSpan Span(int start, int end) => new(_starts[start], _ends[end - 1]);

    public void Add(char unit, TextSpan from)
    {
        _text.Append(unit);
        _starts.Add(from.Start);
        _ends.Add(from.End);
    }

    public void Add(ReadOnlySpan<char> units, TextSpan from)
    {
        foreach (char unit in units) Add(unit, from);
    }

    public override string ToString() => _text.ToString();

    public (int[] Starts, int[] Ends) Map() => ([.. _starts], [.. _ends]);
}
