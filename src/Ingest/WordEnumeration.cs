namespace Detection.Ingest;

/// <summary>Words of a text; an empty one stands for white space before, between or after them.</summary>
internal static class WordEnumeration
{
    public static Enumerator EnumerateWords(this ReadOnlySpan<char> text) => new(text);

    public ref struct Enumerator(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            int length = 0;
            bool blank = IsBlank(_rest[0]);
            while (length < _rest.Length && IsBlank(_rest[length]) == blank) length++;
            Current = blank ? [] : _rest[..length];
            _rest = _rest[length..];
            return true;
        }

        private static bool IsBlank(char letter) => letter is ' ' or '\t' or '\n' or '\r' or '\f' or '\u00A0';
    }
}
