using System.Text;
using System.Text.Json;
using Detection.Text.BytePairs;

namespace Detection.Text;

/// <summary>
/// Byte-level BPE from a tokenizer.json (Hugging Face tokenizers), with the ids and places that that library gives. Patterns match
/// code points. Half a surrogate pair counts as U+FFFD. Encoding is linear up to a logarithm in the length of the text, whatever
/// the text, and safe from several threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly AddedTokenFinder _raw, _normalized;
    private readonly bool _composes;
    private readonly IReadOnlyList<PreTokenizer> _steps;
    private readonly WordEncoder _words;
    private readonly PostProcessor _post;
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;
    private readonly HashSet<int> _added;

    /// <param name="tokenizer">The root object of tokenizer.json.</param>
    /// <param name="config">The root object of config.json, which names the BOS and EOS ids; null where there is none.</param>
    /// <exception cref="NotSupportedException">Another kind of tokenizer; the message names the field.</exception>
    /// <exception cref="InvalidDataException">The file is broken; the message names the field.</exception>
    public Tokenizer(JsonElement tokenizer, JsonElement? config = null)
    {
        JsonField root = new(tokenizer, "");
        BytePairVocabulary vocabulary = BytePairVocabulary.Parse(root["model"]);
        AddedToken[] added = [.. root["added_tokens"].Items().Select(AddedToken.Parse)];
        _composes = Composes(root["normalizer"]);
        _steps = PreTokenizer.Parse(root["pre_tokenizer"]);
        _post = PostProcessor.Parse(root["post_processor"]);
        _words = new WordEncoder(vocabulary);
        _raw = new AddedTokenFinder(added.Where(token => !token.Normalized));
        _normalized = new AddedTokenFinder(added.Where(token => token.Normalized).Select(token => _composes ? token with { Content = token.Content.Normalize() } : token));
        _added = [.. added.Select(token => token.Id)];
        _ids = vocabulary.Ids;
        foreach (AddedToken token in added) _ids[token.Content] = token.Id;
        _tokens = Spellings(_ids, root);
        if (_post.Before.Concat(_post.After).Any(id => id < 0 || id >= _tokens.Length || _tokens[id] is null))
            throw root["post_processor"].Broken("a special token that is not in the vocabulary");
        BosId = Marker(config, "bos_token_id", _post.Before, "<|begin_of_text|>", "<s>", "<bos>", "<|im_start|>", "<|endoftext|>");
        EosId = Marker(config, "eos_token_id", _post.After, "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>", "<|endoftext|>");
    }

    /// <summary>One more than the largest id.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>The token that begins a text: <c>bos_token_id</c> of config.json, else what the post-processor puts in front, else a token with a usual name.</summary>
    public int? BosId { get; }

    /// <inheritdoc cref="BosId"/>
    public int? EosId { get; }

    /// <summary>From a tokenizer.json (or .json.gz), or a folder that holds one; config.json beside it names BOS and EOS.</summary>
    public static Tokenizer Load(string path) => TokenizerFile.Load(path);

    /// <summary>The id of a token as the vocabulary spells it (<c>Ġthe</c>, <c>&lt;|endoftext|&gt;</c>), or null.</summary>
    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Null where both vocabularies give every id to the same token; else the first difference in words.</summary>
    public string? FirstDifference(Tokenizer other)
    {
        int common = Math.Min(VocabularySize, other.VocabularySize), differing = Enumerable.Range(0, common).FirstOrDefault(id => _tokens[id] != other._tokens[id], common);
        if (differing < common) return $"token {differing} is '{_tokens[differing]}' in one and '{other._tokens[differing]}' in the other";
        return VocabularySize == other.VocabularySize ? null : $"one has {VocabularySize} tokens, the other {other.VocabularySize}";
    }

    public Tokens Encode(string text, SpecialTokens special = SpecialTokens.None)
    {
        TokenList tokens = new(text.Length / 3 + 8);
        if (special == SpecialTokens.Default) tokens.AddSpecial(_post.Before);
        int first = tokens.Count;
        string wellFormed = AlignedText.WellFormed(text);
        EncodeInto(wellFormed, tokens);
        if (_post.TrimOffsets) tokens.TrimSpaces(id => _tokens[id]!, wellFormed, _post.PrefixSpace, first);
        if (special == SpecialTokens.Default) tokens.AddSpecial(_post.After);
        return tokens.ToTokens();
    }

    /// <summary>The text of tokens, special ones included. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        MemoryStream bytes = new(ids.Length * 4);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (int id in ids)
        {
            string token = id >= 0 && id < _tokens.Length && _tokens[id] is { } known ? known : throw new ArgumentOutOfRangeException(nameof(ids), id, "No such token.");
            bool spelled = !_added.Contains(id);
            foreach (Rune letter in token.EnumerateRunes())
                if (spelled && letter.IsBmp && ByteAlphabet.ByteOf((char)letter.Value) is >= 0 and int value) bytes.WriteByte((byte)value);
                else bytes.Write(utf8[..letter.EncodeToUtf8(utf8)]);
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private void EncodeInto(string text, TokenList tokens)
    {
        List<(Piece Piece, int? Id)> outer = [], inner = [];
        List<Piece> pieces = [], next = [];
        _raw.Split(new Piece(new AlignedText(text), 0, text.Length), outer);
        foreach ((Piece part, int? id) in outer)
            if (id is { } found) inner.Add((part, found));
            else _normalized.Split(_composes ? AlignedText.Composed(part) : part, inner);
        foreach ((Piece part, int? id) in inner)
        {
            if (id is { } found)
            {
                tokens.Add(found, part.Text.Start(part.Start), part.Text.End(part.Start + part.Length));
                continue;
            }
            pieces.Clear();
            pieces.Add(part);
            foreach (PreTokenizer step in _steps)
            {
                next.Clear();
                foreach (Piece piece in pieces) step.Split(piece, next);
                (pieces, next) = (next, pieces);
            }
            foreach (Piece piece in pieces) tokens.Add(piece, _words.Encode(piece.Span));
        }
    }

    private static bool Composes(JsonField normalizer)
    {
        if (normalizer.IsAbsent) return false;
        return normalizer["type"].Text() switch
        {
            "NFC" => true,
            "Sequence" => normalizer["normalizers"].Items().Aggregate(false, (any, part) => Composes(part) || any),
            var other => throw normalizer["type"].Unsupported($"'{other}' (NFC is)"),
        };
    }

    private static string?[] Spellings(Dictionary<string, int> ids, JsonField root)
    {
        if (ids.Count == 0) throw root["model"]["vocab"].Broken("empty");
        if (ids.Values.Min() < 0 || ids.Values.Max() > BytePairVocabulary.MaxId) throw root["added_tokens"].Broken("an id out of range");
        string?[] tokens = new string?[ids.Values.Max() + 1];
        foreach ((string token, int id) in ids) tokens[id] = token;
        return tokens;
    }

    private int? Marker(JsonElement? config, string configured, IReadOnlyList<int> template, params ReadOnlySpan<string> names)
    {
        if (Configured(config, configured) is { } id) return id;
        if (template.Count > 0) return template[0];
        foreach (string name in names)
            if (_ids.TryGetValue(name, out int named)) return named;
        return null;
    }

    private int? Configured(JsonElement? config, string name)
    {
        if (config is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty(name, out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0) value = value[0];
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 && id < VocabularySize ? id : null;
    }
}
