using System.Globalization;
using System.Text;

namespace Detection.Text.Normalising;

/// <summary>
/// The pass that puts Latin letters for look-alikes, word by word. A word with a Latin letter and look-alikes, and nothing else, is Latin.
/// A word of look-alikes alone may be a word of their script: it is Latin only if they are of two scripts, or in a text that mixes the
/// script into Latin words (for capitals: any script) and has no word that must be of that script. Styled letters are Latin ones everywhere, wide ones outside East Asian text.
/// </summary>
internal sealed class ConfusableWords
{
    private readonly string _text;
    private readonly List<Word> _words = [];
    private readonly HashSet<LookAlike> _mixedIn = [], _written = [];
    private readonly bool _eastAsian;

    private readonly record struct Word(int Start, int End, bool Latin, bool Other, bool Capitals, HashSet<LookAlike> Scripts);

    private ConfusableWords(string text)
    {
        _text = text;
        _eastAsian = text.EnumerateRunes().Any(rune => Characters.IsEastAsian(rune.Value));
        for (int i = 0; i < text.Length;)
        {
            int end = WordEnd(i);
            if (end > i) Read(i, end);
            i = Math.Max(end, i + RuneLength(i));
        }
    }

    /// <summary>The same object where nothing looks like what it is not.</summary>
    public static MappedText Apply(MappedText text, ChangeLog changes)
    {
        string before = text.ToString();
        if (Ascii.IsValid(before)) return text;
        ConfusableWords words = new(before);
        MappedText after = new(before.Length);
        int place = 0;
        bool changed = false;
        foreach (Word word in words._words)
        {
            Copy(text, before, place, word.Start, after);
            changed |= words.Write(word, text, after, changes);
            place = word.End;
        }
        Copy(text, before, place, before.Length, after);
        return changed ? after : text;
    }

    private void Read(int start, int end)
    {
        bool latin = false, other = false, any = false, capitals = true;
        HashSet<LookAlike> scripts = [];
        foreach (Rune rune in _text.AsSpan(start, end - start).EnumerateRunes())
        {
            (_, LookAlike kind) = Confusables.Find(rune.Value);
            any |= kind != LookAlike.None;
            capitals &= !Rune.IsLower(rune);
            if (Confusables.IsLatin(rune.Value) || kind == LookAlike.Styled || (kind == LookAlike.Fullwidth && !_eastAsian)) latin = true;
            else if (kind == LookAlike.None && Rune.IsLetter(rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.ModifierLetter) other = true;
            if (kind is >= LookAlike.Cyrillic and <= LookAlike.Coptic) scripts.Add(kind);
            else if (kind == LookAlike.None && Rune.IsLetter(rune) && Confusables.ScriptOf(rune.Value) is not LookAlike.None and var script) scripts.Add(script);
        }
        if (latin && !other) _mixedIn.UnionWith(scripts);
        if (!latin && other) _written.UnionWith(scripts);
        if (any) _words.Add(new Word(start, end, latin, other, capitals, scripts));
    }

    private bool Write(Word word, MappedText text, MappedText after, ChangeLog changes)
    {
        bool changed = false;
        for (int i = word.Start, length; i < word.End; i += length)
        {
            length = RuneLength(i);
            (char letter, LookAlike kind) = Confusables.Find(Rune.GetRuneAt(_text, i).Value);
            TextSpan from = text.Span(i, i + length);
            if (IsLatin(word, kind))
            {
                after.Add(letter, from);
                changes.Add(NormalisationChange.Confusable, from);
                changed = true;
            }
            else Copy(text, _text, i, i + length, after);
        }
        return changed;
    }

    private bool IsLatin(Word word, LookAlike kind) => kind switch
    {
        LookAlike.None => false,
        LookAlike.Styled => true,
        LookAlike.Fullwidth => !_eastAsian,
        _ when word.Other => false,
        _ when word.Latin => true,
        _ when word.Scripts.Count > 1 => true,
        // An attack that draws between alphabets leaves a capital of the one alone among words with the other; a small Greek letter alone is a symbol.
        _ => word.Scripts.Any(script => !_written.Contains(script) && (_mixedIn.Contains(script) || (word.Capitals && _mixedIn.Count > 0))),
    };

    private int WordEnd(int start)
    {
        int end = start;
        while (end < _text.Length)
        {
            Rune rune = Rune.GetRuneAt(_text, end);
            bool word = Rune.IsLetterOrDigit(rune) || CanonicalComposition.IsMark(Rune.GetUnicodeCategory(rune)) || Confusables.Find(rune.Value).Kind != LookAlike.None;
            if (!word) break;
            end += rune.Utf16SequenceLength;
        }
        return end;
    }

    private int RuneLength(int place) => char.IsHighSurrogate(_text[place]) ? 2 : 1;

    private static void Copy(MappedText text, string units, int start, int end, MappedText after)
    {
        for (int i = start; i < end; i++) after.Add(units[i], text.Span(i, i + 1));
    }
}
