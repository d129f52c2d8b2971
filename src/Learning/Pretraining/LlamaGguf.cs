using Detection.Checkpoints;

namespace Detection.Learning.Pretraining;

/// <summary>A Llama-shaped model as one GGUF file, as llama.cpp's <c>convert_hf_to_gguf.py</c> lays it out: tokenizer inside, rows of queries and keys in interleaved pairs.</summary>
internal static class LlamaGguf
{
    private const int Normal = 1, Control = 3;   // llama.h, enum llama_token_type

    /// <param name="weights">By Hugging Face name.</param>
    /// <param name="type">How a matrix is stored; norms are F32.</param>
    public static void Write(string path, LlamaShape shape, BpeVocabulary vocabulary, string name, string licence, Func<string, float[]> weights, Func<string, TensorType> type)
    {
        string[] tokens = [.. vocabulary.Ids.OrderBy(one => one.Value).Select(one => one.Key)];
        List<(string, object)> metadata =
        [
            ("general.architecture", "llama"),
            ("general.name", name),
            ("general.license", licence),
            ("llama.block_count", shape.Layers),
            ("llama.context_length", shape.Context),
            ("llama.embedding_length", shape.Width),
            ("llama.feed_forward_length", shape.FeedForward),
            ("llama.attention.head_count", shape.Heads),
            ("llama.attention.head_count_kv", shape.KeyValueHeads),
            ("llama.rope.dimension_count", shape.HeadWidth),
            ("llama.rope.freq_base", (float)shape.RopeBase),
            ("llama.attention.layer_norm_rms_epsilon", (float)shape.NormEpsilon),
            ("llama.vocab_size", shape.Vocabulary),
            ("tokenizer.ggml.model", "gpt2"),
            ("tokenizer.ggml.pre", "smollm"),
            ("tokenizer.ggml.tokens", tokens),
            ("tokenizer.ggml.token_type", (int[])[.. tokens.Select(token => token == BpeVocabulary.EndOfText ? Control : Normal)]),
            ("tokenizer.ggml.merges", (string[])[.. vocabulary.Merges.Select(merge => $"{merge.Left} {merge.Right}")]),
            ("tokenizer.ggml.bos_token_id", vocabulary.Ids[BpeVocabulary.EndOfText]),
            ("tokenizer.ggml.eos_token_id", vocabulary.Ids[BpeVocabulary.EndOfText]),
            ("tokenizer.ggml.add_bos_token", false),
        ];
        GgufWriter.Write(path, metadata, [.. shape.Tensors().Select(tensor =>
        {
            float[] values = weights(tensor.Name);
            if (tensor.Name.EndsWith("q_proj.weight", StringComparison.Ordinal)) values = Interleaved(values, shape.Heads, tensor.Shape);
            if (tensor.Name.EndsWith("k_proj.weight", StringComparison.Ordinal)) values = Interleaved(values, shape.KeyValueHeads, tensor.Shape);
            return new NamedTensor(GgufWriter.LlamaName(tensor.Name), tensor.Shape, values, tensor.Shape.Length == 1 ? TensorType.F32 : type(tensor.Name));
        })]);
    }

    /// <summary>Within each head, row i of the first half and row i of the second become neighbours.</summary>
    private static float[] Interleaved(float[] values, int heads, long[] shape)
    {
        (int rows, int width) = ((int)shape[0], (int)shape[1]);
        int size = rows / heads, half = size / 2;
        float[] moved = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            int head = row / size, within = row % size, to = head * size + 2 * (within % half) + within / half;
            values.AsSpan(row * width, width).CopyTo(moved.AsSpan(to * width));
        }
        return moved;
    }
}
