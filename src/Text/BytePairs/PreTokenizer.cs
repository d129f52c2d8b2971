using System.Text;

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
            length = 1;
            bool digit;
            if (char.IsAscii(text[i])) digit = char.IsAsciiDigit(text[i]);
            else
            {
                Rune.DecodeFromUtf16(text[i..], out Rune rune, out length);
                digit = Rune.IsNumber(rune);
            }
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
    [ThreadStatic] private static List<(int Start, int End)>? s_matches; // a list a piece would be most of the garbage
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

    public override void Split(Piece piece, List<Piece> into)
    {
        s_matches ??= [];
        _pattern.Matches(piece.Span, s_matches);
        SplitBehaviours.Apply(piece, s_matches, _invert, _behaviour, into);
    }
}

/// <summary>GPT-2's last step: a space in front if asked for, its pattern if asked for; the bytes of a piece are spelled by the encoder.</summary>
internal sealed class ByteLevelSplit(bool addPrefixSpace, bool usePattern) : PreTokenizer
{
    public override void Split(Piece piece, List<Piece> into)
    {
        if (addPrefixSpace && piece.Span[0] != ' ')
        {
            AlignedText spaced = AlignedText.WithSpace(piece);
            piece = new Piece(spaced, 0, spaced.Text.Length);
        }
        if (usePattern) Gpt2Words.Split(piece, into);
        else into.Add(piece);
    }
}
