using Detection.Contracts;
using Detection.Text;

namespace Detection.Detectors.Explaining;

/// <summary>What a pass of the model gives a text.</summary>
/// <param name="Likelihood">Mean ln p of a token.</param>
/// <param name="Margin">Of the authorship head, before calibration; null without one.</param>
public sealed record PassScores(int Tokens, double? Likelihood, double? FastDetectGpt, double? Margin);

/// <summary>A verdict with what normalisation did to its message: the same words read as they were sent, white space and all, beside what was judged.</summary>
/// <param name="Removed">How often each kind of <see cref="NormalisationChange"/> was taken away or replaced; empty for ordinary text.</param>
public sealed record ExplainedMessage(JudgedMessage Judged, IReadOnlyList<NormalisationChange> Removed, PassScores Normalised, PassScores AsSent);
