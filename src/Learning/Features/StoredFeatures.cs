using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;

namespace Detection.Learning.Features;

/// <summary>What is kept of one reading: enough to train, calibrate and evaluate without the model.</summary>
/// <param name="Characters">Of the normalised text.</param>
public sealed record StoredFeatures(int Tokens, int Characters, bool Supported, TextFeatures ForHeads)
{
    /// <summary>The criteria that a second model gives.</summary>
    public static readonly string[] OfTwoModels = ["binoculars", "fast_detectgpt_two"];

    /// <summary>Values of <see cref="OfTwoModels"/>, not a number of a text too short to say; empty without an observer.</summary>
    public float[] TwoModels { get; init; } = [];

    /// <summary>As <see cref="FeatureLayout"/> lays it out.</summary>
    public float[] Dense => ForHeads.Dense;

    /// <summary>What is known of a message that no model has read.</summary>
    public static StoredFeatures Unread(DetectionPipeline pipeline, Message message)
    {
        string text = DetectionPipeline.TextOf(message);
        return new StoredFeatures(0, text.Length, pipeline.Supports(text), DetectionPipeline.Beside(message) with { Dense = pipeline.Layout.Unread(SurfaceFeatures.Of(text)) });
    }
}
