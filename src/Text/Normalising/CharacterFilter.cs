using System.Globalization;
using System.Text;

namespace Detection.Text.Normalising;

/// <summary>
/// The first pass: drops what is invisible, makes every kind of space a plain one, and keeps the joiners and selectors that writing
/// systems and emoji need.
/// </summary>
internal sealed class CharacterFilter
{
    private const int MaxMarks = 30; // Unicode Standard Annex #15, stream-safe text: no word of any language has more
    private const int MaxTags = 8; // of a flag: a region, a subdivision and the end

    private readonly string _text;
    private readonly ChangeLog _changes;
    private readonly MappedText _kept;
    private readonly bool _rightToLeft, _eastAsian;
    private int _last = -1; // the rune that was kept last
    private int _marks, _tags;
    private bool _flag;
    private int _visible; // no rune between here and the place asked about is visible

    private CharacterFilter(string text, ChangeLog changes)
    {
        (_text, _changes, _kept) = (text, changes, new MappedText(text.Length));
        foreach (Rune rune in text.EnumerateRunes())
        {
            _rightToLeft |= Characters.IsRightToLeft(rune.Value);
            _eastAsian |= Characters.IsEastAsian(rune.Value);
        }
    }

    /// <summary>What the spans of a text hold, with a space between one span and the next.</summary>
    public static MappedText Apply(string text, IReadOnlyList<TextSpan> spans, ChangeLog changes)
    {
        CharacterFilter filter = new(text, changes);
        for (int i = 0; i < spans.Count; i++)
        {
            if (i > 0) filter.Keep(' ', new TextSpan(spans[i - 1].End, spans[i].Start));
            filter.Read(spans[i]);
        }
        return filter._kept;
    }

    private void Read(TextSpan span)
    {
        for (int i = span.Start, length; i < span.End; i += length)
        {
            if (Rune.DecodeFromUtf16(_text.AsSpan(i, span.End - i), out Rune rune, out length) == System.Buffers.OperationStatus.Done)
                Take(rune.Value, new TextSpan(i, i + length));
            else
            {
                _changes.Add(NormalisationChange.Control, new TextSpan(i, i + length));
                Keep(0xFFFD, new TextSpan(i, i + length));
            }
        }
    }

    private void Take(int rune, TextSpan at)
    {
        switch (Characters.Classify(rune))
        {
            case CharacterClass.Ordinary: TakeOrdinary(rune, at); break;
            case CharacterClass.Space: Keep(' ', at); break;
            case CharacterClass.OddSpace: TakeOddSpace(rune, at); break;
            case CharacterClass.Invisible: TakeInvisible(rune, at); break;
            case CharacterClass.Bidi when _rightToLeft: break;
            case CharacterClass.Bidi or CharacterClass.Override: _changes.Add(NormalisationChange.BidiControl, at); break;
            case CharacterClass.Selector: TakeSelector(rune, at); break;
            case CharacterClass.Tag: TakeTag(rune, at); break;
            default: TakeControl(rune, at); break;
        }
    }

    private void TakeOrdinary(int rune, TextSpan at)
    {
        bool mark = rune >= 0x300 && CanonicalComposition.IsMark(CharUnicodeInfo.GetUnicodeCategory(rune));
        _marks = mark ? _marks + 1 : 0;
        if (_marks > MaxMarks) _changes.Add(NormalisationChange.Control, at);
        else Keep(rune, at);
    }

    private void TakeOddSpace(int rune, TextSpan at)
    {
        if (rune is not (0x3000 or 0x3164 or 0xFFA0) || !_eastAsian) _changes.Add(NormalisationChange.OddSpace, at);
        Keep(' ', at);
    }

    private void TakeInvisible(int rune, TextSpan at)
    {
        bool spelling = rune switch
        {
            Characters.Joiner => Characters.JoinsByControl(_last) || (IsEmoji(_last) && Characters.IsPictograph(RuneAt(at.End))),
            Characters.NonJoiner or Characters.ZeroWidthSpace or 0x180E => Characters.JoinsByControl(_last),
            0x115F or 0x1160 => _eastAsian,
            _ => false,
        };
        if (spelling) Keep(rune, at);
        else if (Characters.IsWord(_last) && Characters.IsWord(NextVisible(at.End))) _changes.Add(NormalisationChange.ZeroWidth, at);
    }

    // One selector behind a symbol, digit or ideograph chooses its look; more carry data.
    private void TakeSelector(int rune, TextSpan at)
    {
        bool look = _last is '#' or '*' or (>= '0' and <= '9') || Characters.IsPictograph(_last) || Characters.IsEastAsian(_last);
        if (look) Keep(rune, at);
        else _changes.Add(NormalisationChange.ZeroWidth, at);
    }

    private void TakeTag(int rune, TextSpan at)
    {
        if (_last == Characters.BlackFlag) (_flag, _tags) = (true, 0);
        if (_flag && ++_tags <= MaxTags && rune >= 0xE0020) Keep(rune, at);
        else _changes.Add(NormalisationChange.ZeroWidth, at);
    }

    private void TakeControl(int rune, TextSpan at)
    {
        if (rune is >= 0x80 and < 0xA0 && Characters.Windows1252(rune) is not '\0' and char meant) Keep(meant, at);
        else _changes.Add(NormalisationChange.Control, at);
    }

    private void Keep(int rune, TextSpan at)
    {
        Span<char> units = stackalloc char[2];
        _kept.Add(units[..new Rune(rune).EncodeToUtf16(units)], at);
        _last = rune;
        _flag &= Characters.Classify(rune) == CharacterClass.Tag;
    }

    private static bool IsEmoji(int rune) => rune == 0xFE0F || Characters.IsPictograph(rune);

    /// <summary>The next rune that is not invisible itself, or -1. Each place is passed once, however long a run is.</summary>
    private int NextVisible(int from)
    {
        _visible = Math.Max(_visible, from);
        while (RuneAt(_visible) is >= 0 and int rune)
        {
            if (Characters.Classify(rune) is not (CharacterClass.Invisible or CharacterClass.Bidi or CharacterClass.Override or CharacterClass.Selector or CharacterClass.Tag)) return rune;
            _visible += rune > 0xFFFF ? 2 : 1;
        }
        return -1;
    }

    private int RuneAt(int place) =>
        place < _text.Length && Rune.DecodeFromUtf16(_text.AsSpan(place), out Rune rune, out _) == System.Buffers.OperationStatus.Done ? rune.Value : -1;
}
