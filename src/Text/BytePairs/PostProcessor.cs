namespace Detection.Text.BytePairs;

/// <summary>
/// tokenizer.json's <c>post_processor</c> for a single text: the special tokens before and after it, and whether spaces at the edges
/// of tokens are left out of their places (<c>trim_offsets</c>).
/// </summary>
internal sealed record PostProcessor(IReadOnlyList<int> Before, IReadOnlyList<int> After, bool TrimOffsets, bool PrefixSpace)
{
    private static readonly PostProcessor Nothing = new([], [], false, false);

    public static PostProcessor Parse(JsonField field)
    {
        if (field.IsAbsent) return Nothing;
        switch (field["type"].Text())
        {
            case "ByteLevel": return Nothing with { TrimOffsets = field["trim_offsets"].Flag(true), PrefixSpace = field["add_prefix_space"].Flag(true) };
            case "TemplateProcessing": return Template(field);
            case "Sequence":
                PostProcessor all = Nothing;
                foreach (JsonField part in field["processors"].Items()) all = all.Then(Parse(part), part);
                return all;
            case var other: throw field["type"].Unsupported($"'{other}'");
        }
    }

    private PostProcessor Then(PostProcessor next, JsonField field)
    {
        if (TrimOffsets && next.TrimOffsets) throw field.Unsupported("trimming offsets twice");
        return new([.. next.Before, .. Before], [.. After, .. next.After], TrimOffsets || next.TrimOffsets, PrefixSpace || next.PrefixSpace);
    }

    private static PostProcessor Template(JsonField field)
    {
        List<int> before = [], after = [];
        bool text = false;
        foreach (JsonField part in field["single"].Items())
        {
            JsonField special = part["SpecialToken"]["id"];
            if (special.IsAbsent) text = part["Sequence"]["id"].Text() == "A" && !text ? true : throw part.Unsupported("such a template");
            else (text ? after : before).AddRange(field["special_tokens"][special.Text()]["ids"].Items().Select(id => id.Whole()));
        }
        return text ? Nothing with { Before = before, After = after } : throw field["single"].Unsupported("a template without the text");
    }
}
