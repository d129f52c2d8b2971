using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;

namespace Detection.Learning.Features;

/// <summary>What is kept of one reading: enough to train, calibrate and evaluate without the model.</summary>
/// <param name="Characters">Of the normalised text.</param>
/// <param name="Binoculars">The criterion of two models; null without an observer, or of a text too short to say.</param>
public sealed record StoredFeatures(int Tokens, int Characters, bool Supported, TextFeatures ForHeads, float? Binoculars = null)
{
    /// <summary>As <see cref="FeatureLayout"/> lays it out.</summary>
    public float[] Dense => ForHeads.Dense;

    /// <summary>What is known of a message that no model has read.</summary>
    public static StoredFeatures Unread(DetectionPipeline pipeline, Message message)
    {
        string text = DetectionPipeline.TextOf(message);
        return new StoredFeatures(0, text.Length, pipeline.Supports(text), DetectionPipeline.Beside(message) with { Dense = pipeline.Layout.Unread(SurfaceFeatures.Of(text)) });
    }
}
