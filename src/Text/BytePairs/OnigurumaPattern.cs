using System.Text;

namespace Detection.Text.BytePairs;

/// <summary>
/// Oniguruma syntax to .NET's. The common part is passed on; what means something else there (nested classes, <c>\w</c>, <c>\h</c>,
/// anchors, possessive quantifiers, scripts) is refused rather than guessed.
/// </summary>
internal sealed class OnigurumaPattern
{
    private static readonly string[] Groups = ["?:", "?i:", "?=", "?!", "?<=", "?<!"];
    private const string Categories = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cn";

    private readonly JsonField _field;
    private readonly string _pattern;
    private readonly StringBuilder _translated = new();
    private readonly Stack<bool> _ignoringCase = new();
    private int _next;

    private OnigurumaPattern(JsonField field) => (_field, _pattern) = (field, field.Text());

    public static string Translate(JsonField field) => new OnigurumaPattern(field).Translate();

    private bool IgnoringCase => _ignoringCase.Contains(true);

    private string Translate()
    {
        const int most = 4096;
        if (_pattern.Length > most) throw _field.Unsupported($"a pattern of more than {most} characters");
        if (_pattern.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0) throw _field.Unsupported("a literal outside the basic plane in a pattern");
        while (_next < _pattern.Length) Step(_pattern[_next]);
        return _translated.ToString();
    }

    private void Step(char letter)
    {
        switch (letter)
        {
            case '\\': Escape(); break;
            case '[': Class(); break;
            case '(': Open(); break;
            case ')': Close(); break;
            case '^' or '$': throw _field.Unsupported($"the anchor {letter} in a pattern");
            case '+' when _next > 0 && _pattern[_next - 1] is '+' or '*' or '?' && !(_next > 1 && _pattern[_next - 2] == '\\'):
                throw _field.Unsupported("a possessive quantifier in a pattern");
            default: Literal(letter); break;
        }
    }

    // Oniguruma folds ſ to s and the Kelvin sign to k; .NET's equivalence lacks the former.
    private void Literal(char letter)
    {
        if (IgnoringCase && letter is 's' or 'S') _translated.Append("[sS\u017F]");
        else _translated.Append(letter);
        _next++;
    }

    private void Escape()
    {
        if (_next + 1 >= _pattern.Length) throw _field.Broken("a pattern that ends in a backslash");
        char letter = _pattern[_next + 1];
        int length = letter is 'p' or 'P' ? CategoryLength() : 2;
        if (char.IsAsciiLetterOrDigit(letter) && letter is not ('p' or 'P' or 's' or 'S' or 'd' or 'D' or 'r' or 'n' or 't' or 'f' or 'v'))
            throw _field.Unsupported($"\\{letter} in a pattern");
        _translated.Append(letter == 'v' ? @"\x0B" : _pattern.AsSpan(_next, length));
        _next += length;
    }

    private int CategoryLength()
    {
        int close = _pattern.IndexOf('}', _next);
        string name = close > _next + 3 && _pattern[_next + 2] == '{' ? _pattern[(_next + 3)..close] : "";
        if (!Categories.Split(' ').Contains(name)) throw _field.Unsupported($"the property '{name}' in a pattern");
        return close + 1 - _next;
    }

    private void Class()
    {
        _translated.Append('[');
        _next++;
        if (_next < _pattern.Length && _pattern[_next] == '^') Copy();
        for (bool first = true; ; first = false)
        {
            if (_next >= _pattern.Length) throw _field.Broken("a class without an end in a pattern");
            char letter = _pattern[_next];
            if (letter == ']' && !first) break;
            if (letter is '[' or ']') throw _field.Unsupported("a class inside a class in a pattern");
            if (letter == '&' && _next + 1 < _pattern.Length && _pattern[_next + 1] == '&') throw _field.Unsupported("an intersection in a pattern");
            if (letter == '\\') Escape();
            else Copy();
        }
        Copy();
    }

    private void Open()
    {
        string rest = _pattern[(_next + 1)..];
        string? kind = Groups.FirstOrDefault(group => rest.StartsWith(group, StringComparison.Ordinal));
        if (kind is null && rest.StartsWith('?')) throw _field.Unsupported("such a group in a pattern");
        _ignoringCase.Push(kind == "?i:");
        _translated.Append('(').Append(kind ?? "?:");
        _next += 1 + (kind?.Length ?? 0);
    }

    private void Close()
    {
        if (!_ignoringCase.TryPop(out _)) throw _field.Broken("a bracket too many in a pattern");
        Copy();
    }

    private void Copy() => _translated.Append(_pattern[_next++]);
}
