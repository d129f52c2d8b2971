namespace Detection.Model;

/// <summary>How a model is computed.</summary>
public sealed record TokenScorerOptions
{
    /// <summary><c>float32</c> (default) or <c>bfloat16</c>; the latter is many times slower on CPUs without avx512_bf16 or AMX.</summary>
    public string Dtype { get; init; } = "float32";

    /// <summary><c>cpu</c> (default), <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads that compute side by side; 0 (default) means one for each core. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Longest sequence taken, in tokens. Default: the model's context, at most 8,192.</summary>
    public int? MaxTokens { get; init; }
}
