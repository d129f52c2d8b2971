using Detection.Detectors.Heads;

namespace Detection.Learning.Features;

/// <summary>What is kept of one reading: enough to train, calibrate and evaluate without the model.</summary>
/// <param name="Characters">Of the normalised text.</param>
/// <param name="Dense">As <see cref="FeatureLayout"/> lays it out.</param>
/// <param name="Binoculars">The criterion of two models; null without an observer, or of a text too short to say.</param>
public sealed record StoredFeatures(int Tokens, int Characters, bool Supported, float[] Dense, WordVector Words, float? Binoculars = null);
