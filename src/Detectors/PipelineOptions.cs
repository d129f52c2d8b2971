using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;

namespace Detection.Detectors;

/// <summary>How <see cref="DetectionPipeline"/> computes and decides.</summary>
public sealed record PipelineOptions
{
    /// <summary><c>float32</c> (default) or <c>bfloat16</c>. A type for which the bundle has no heads gives criteria only.</summary>
    public string Dtype { get; init; } = "float32";

    /// <summary><c>cpu</c> (default), <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads of the model; 0 (default): one a core. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens of a message that are read; null (default): what the bundle says, else 1,024, at most the model's context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Null (default): what the bundle says, else the model's text is scored without BOS.</summary>
    public bool? FirstPredicted { get; init; }

    /// <summary>Layers whose hidden states heads are to read, of a model that has no heads yet; null (default): what the bundle says, else <see cref="FeatureLayout.For"/>.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>A second model of the same vocabulary that reads along, for <c>binoculars</c> and <c>fast_detectgpt_two</c>; its heads, if any, are not asked. Default none: those criteria are null.</summary>
    public ModelSource? Observer { get; init; }

    /// <summary>
    /// A bundle, larger as a rule, that judges what this one is not sure of; its verdict stands. In the same type, on the same device, by the same rule; no observer reads along with it.
    /// Default none: every message is judged by one model.
    /// </summary>
    public ModelSource? Second { get; init; }

    /// <summary>What turns a judgement into an action.</summary>
    public VerdictRule Rule { get; init; } = VerdictRule.Default;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told once of what limits the results, for example a model without heads.</summary>
    public Action<string>? Warn { get; init; }
}
