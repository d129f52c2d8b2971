namespace Detection.Model;

/// <summary>
/// The rules that stretch rotary positions beyond the trained context, as divisors of the D/2 frequencies θ^(−2i/D). Reads both
/// spellings of config.json: <c>rope_theta</c> with <c>rope_scaling</c>, and <c>rope_parameters</c> (transformers 5).
/// </summary>
internal static class RotaryScaling
{
    public static Rotary Read(ConfigFields config, int headSize)
    {
        ConfigFields? scaling = config.Section("rope_parameters") ?? config.Section("rope_scaling");
        float theta = config.Section("rope_parameters")?.Real("rope_theta", 10_000) ?? config.Real("rope_theta", 10_000);
        string type = scaling?.Text("rope_type") ?? scaling?.Text("type") ?? "default";
        IReadOnlyList<float>? divisors = type switch
        {
            "default" => null,
            "linear" => [.. Enumerable.Repeat(scaling!.Real("factor"), headSize / 2)],
            "llama3" => Llama3(scaling!, theta, headSize),
            "factors" => scaling!.Reals("factors"), // of a GGUF file
            _ => throw scaling!.Refuse("rope_type", $"the rule {type} is not supported (default, linear and llama3 are)"),
        };
        config.Check("rope_scaling.factors", divisors is null || divisors.Count == headSize / 2, $"not {headSize / 2} numbers");
        return new Rotary(theta, divisors);
    }

    // Llama 3.1: wavelengths beyond the trained context are divided by the factor, short ones are kept, those between are blended
    // (transformers, modeling_rope_utils, _compute_llama3_parameters).
    private static float[] Llama3(ConfigFields scaling, float theta, int headSize)
    {
        double factor = scaling.Real("factor"), low = scaling.Real("low_freq_factor"), high = scaling.Real("high_freq_factor");
        double original = scaling.Size("original_max_position_embeddings");
        scaling.Check("high_freq_factor", high > low, "not above low_freq_factor");
        float[] divisors = new float[headSize / 2];
        for (int i = 0; i < divisors.Length; i++)
        {
            double wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / headSize);
            double blend = Math.Clamp((original / wavelength - low) / (high - low), 0, 1); // 1 = kept
            divisors[i] = (float)(1 / ((1 - blend) / factor + blend));
        }
        return divisors;
    }
}
