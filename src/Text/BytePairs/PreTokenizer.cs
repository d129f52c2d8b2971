using System.Text;
using System.Text.RegularExpressions;

namespace Detection.Text.BytePairs;

/// <summary>One step of the pre-tokenisation: a piece into smaller ones, in order. Safe from several threads.</summary>
internal abstract class PreTokenizer
{
    public abstract void Split(Piece piece, List<Piece> into);

    /// <summary>The steps of tokenizer.json's <c>pre_tokenizer</c>; the last is ByteLevel.</summary>
    public static IReadOnlyList<PreTokenizer> Parse(JsonField field)
    {
        List<PreTokenizer> steps = [];
        Add(field, steps);
        if (steps.LastOrDefault() is not ByteLevelSplit) throw field.Unsupported("a pre-tokenizer that does not end in ByteLevel");
        return steps;
    }

    private static void Add(JsonField field, List<PreTokenizer> steps)
    {
        if (field.IsAbsent) throw field.Unsupported("a tokenizer without a pre-tokenizer");
        if (steps.LastOrDefault() is ByteLevelSplit) throw field.Unsupported("a step after ByteLevel");
        switch (field["type"].Text())
        {
            case "Sequence":
                foreach (JsonField part in field["pretokenizers"].Items()) Add(part, steps);
                break;
            case "Digits": steps.Add(new DigitSplit(field["individual_digits"].Flag())); break;
            case "Split": steps.Add(new PatternSplit(field)); break;
            case "ByteLevel": steps.Add(new ByteLevelSplit(field["add_prefix_space"].Flag(true), field["use_regex"].Flag(true))); break;
            case var other: throw field["type"].Unsupported($"'{other}'");
        }
    }
}

/// <summary>Numbers (general category N) apart: each digit, or each run of them.</summary>
internal sealed class DigitSplit(bool individual) : PreTokenizer
{
    public override void Split(Piece piece, List<Piece> into)
    {
        ReadOnlySpan<char> text = piece.Span;
        int start = 0;
        bool digits = false;
        for (int i = 0, length; i < text.Length; i += length)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out length);
            bool digit = Rune.IsNumber(rune);
            if (i > start && (digit != digits || (digit && individual)))
            {
                into.Add(piece.Slice(start, i - start));
                start = i;
            }
            digits = digit;
        }
        if (text.Length > start) into.Add(piece.Slice(start, text.Length - start));
    }
}

/// <summary>Splits at the matches of a pattern; <c>behavior</c> says what becomes of the matches themselves.</summary>
internal sealed class PatternSplit : PreTokenizer
{
    private readonly CodePointPattern _pattern;
    private readonly SplitBehaviour _behaviour;
    private readonly bool _invert;

    public PatternSplit(JsonField field)
    {
        JsonField pattern = field["pattern"];
        _pattern = pattern["Regex"].IsAbsent ? CodePointPattern.Literal(pattern["String"].Text()) : CodePointPattern.Parse(pattern["Regex"]);
        _invert = field["invert"].Flag();
        if (!Enum.TryParse(field["behavior"].Text(), out _behaviour) || !Enum.IsDefined(_behaviour))
            throw field["behavior"].Unsupported($"'{field["behavior"].Text()}'");
    }

    public PatternSplit(Regex regex) => _pattern = new CodePointPattern(regex);

    public override void Split(Piece piece, List<Piece> into)
    {
        List<(int Start, int End)> matches = [];
        _pattern.Matches(piece.Span, matches);
        SplitBehaviours.Apply(piece, matches, _invert, _behaviour, into);
    }
}

/// <summary>GPT-2's last step: a space in front if asked for, its pattern if asked for; the bytes of a piece are spelled by the encoder.</summary>
internal sealed partial class ByteLevelSplit(bool addPrefixSpace, bool usePattern) : PreTokenizer
{
    private readonly PatternSplit? _words = usePattern ? new PatternSplit(Words()) : null;

    public override void Split(Piece piece, List<Piece> into)
    {
        if (addPrefixSpace && piece.Span[0] != ' ')
        {
            AlignedText spaced = AlignedText.WithSpace(piece);
            piece = new Piece(spaced, 0, spaced.Text.Length);
        }
        if (_words is null) into.Add(piece);
        else _words.Split(piece, into);
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
