using System.Text.RegularExpressions;

namespace Detection.Checkpoints;

/// <summary>GGUF tensors under the names, and in the row order, of the Hugging Face checkpoint they were made from.</summary>
internal static partial class GgufTensors
{
    private static readonly Dictionary<string, (string Outer, Dictionary<string, string> Block)> Names = new(StringComparer.Ordinal)
    {
        ["llama"] = ("model.layers", new(StringComparer.Ordinal)
        {
            ["token_embd"] = "model.embed_tokens",
            ["output_norm"] = "model.norm",
            ["output"] = "lm_head",
            ["attn_norm"] = "input_layernorm",
            ["attn_q"] = "self_attn.q_proj",
            ["attn_k"] = "self_attn.k_proj",
            ["attn_v"] = "self_attn.v_proj",
            ["attn_output"] = "self_attn.o_proj",
            ["ffn_norm"] = "post_attention_layernorm",
            ["ffn_gate"] = "mlp.gate_proj",
            ["ffn_up"] = "mlp.up_proj",
            ["ffn_down"] = "mlp.down_proj",
        }),
        ["gpt2"] = ("transformer.h", new(StringComparer.Ordinal)
        {
            ["token_embd"] = "transformer.wte",
            ["position_embd"] = "transformer.wpe",
            ["output_norm"] = "transformer.ln_f",
            ["output"] = "lm_head",
            ["attn_norm"] = "ln_1",
            ["attn_qkv"] = "attn.c_attn",
            ["attn_output"] = "attn.c_proj",
            ["ffn_norm"] = "ln_2",
            ["ffn_up"] = "mlp.c_fc",
            ["ffn_down"] = "mlp.c_proj",
        }),
    };

    /// <summary>Tensors without a Hugging Face name keep their own.</summary>
    public static Dictionary<string, StoredTensor> Rename(GgufFile file, string architecture, int heads, int kvHeads)
    {
        Dictionary<string, StoredTensor> renamed = new(StringComparer.Ordinal);
        foreach (StoredTensor stored in file.Tensors)
        {
            (string name, string part) = HuggingFaceName(architecture, stored.Tensor.Name);
            StoredTensor tensor = architecture switch
            {
                "llama" when part is "attn_q" or "attn_k" => Unpermute(file, stored, part == "attn_q" ? heads : kvHeads),
                "gpt2" when stored.Tensor.Shape.Count == 2 && part is "attn_qkv" or "attn_output" or "ffn_up" or "ffn_down" => Transpose(stored),
                _ => stored,
            };
            tensor = tensor with { Tensor = tensor.Tensor with { Name = name } };
            if (!renamed.TryAdd(name, tensor)) throw file.Refuse(stored.Tensor.Name, $"two tensors are named {name}");
        }
        return renamed;
    }

    /// <summary>The other way: the GGUF name of a Hugging Face one.</summary>
    public static string GgufName(string architecture, string name)
    {
        (string outer, Dictionary<string, string> block) = Names[architecture];
        int kind = name.LastIndexOf('.');
        string prefix = "", part = name[..kind];
        if (part.StartsWith(outer + ".", StringComparison.Ordinal))
        {
            int end = part.IndexOf('.', outer.Length + 1);
            (prefix, part) = ($"blk.{part[(outer.Length + 1)..end]}.", part[(end + 1)..]);
        }
        return prefix + block.Single(one => one.Value == part).Key + name[kind..];
    }

    private static (string Name, string Part) HuggingFaceName(string architecture, string name)
    {
        if (!Names.TryGetValue(architecture, out (string Outer, Dictionary<string, string> Block) names)) return (name, "");
        Match match = NameParts().Match(name);
        if (!match.Success || !names.Block.TryGetValue(match.Groups["part"].Value, out string? part)) return (name, "");
        string prefix = match.Groups["layer"].Success ? $"{names.Outer}.{match.Groups["layer"].Value}." : "";
        return ($"{prefix}{part}.{match.Groups["kind"].Value}", match.Groups["part"].Value);
    }

    private static StoredTensor Unpermute(GgufFile file, StoredTensor stored, int heads)
    {
        long rows = stored.Tensor.Shape[0];
        if (heads <= 0 || rows % heads != 0 || rows / heads % 2 != 0 || rows > int.MaxValue)
            throw file.Refuse(stored.Tensor.Name, $"{rows} rows are not {heads} heads of an even size");
        if (stored.Tensor.Count / rows % stored.Tensor.Type.Block().Values != 0) throw file.Refuse(stored.Tensor.Name, "rows of a part of a block");
        return stored with { Order = RowOrder.InterleavedPairs, Heads = heads };
    }

    private static StoredTensor Transpose(StoredTensor stored) => stored with
    {
        Order = RowOrder.Transposed,
        Tensor = new CheckpointTensor(stored.Tensor.Name, stored.Tensor.Type, [stored.Tensor.Shape[1], stored.Tensor.Shape[0]]),
    };

    [GeneratedRegex(@"^(blk\.(?<layer>[0-9]{1,5})\.)?(?<part>[a-z_]+)\.(?<kind>weight|bias)$", RegexOptions.CultureInvariant)]
    private static partial Regex NameParts();
}
