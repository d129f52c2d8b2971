using Detection.Learning.Data;

namespace Detection.Learning.Evaluating;

/// <summary>What two models decide on the same rows, each alone and as a cascade: the second judges what the first is not sure of.</summary>
/// <param name="First">Name and version.</param>
/// <param name="Rows">Which rows, in words.</param>
/// <param name="All">All files together: counts, not a mean of shares.</param>
public sealed record CascadeReport(string First, string Second, LearningTask Task, string Rows, IReadOnlyList<CascadePart> Files, CascadePart All);

/// <summary>One file, or all.</summary>
public sealed record CascadePart(string File, int Rows, HandedOn HandedOn, CascadeDecisions First, CascadeDecisions Second, CascadeDecisions Cascade);

/// <summary>What went to the second model.</summary>
/// <param name="MailOnly">Of those messages, how many because of their mail decision alone.</param>
/// <param name="Tokens">That the second model reads of them.</param>
/// <param name="OfTokens">That it would read of all.</param>
public sealed record HandedOn(int Messages, int MailOnly, long Tokens, long OfTokens)
{
    public double ShareOfTokens => OfTokens == 0 ? 0 : Tokens / (double)OfTokens;
}

/// <param name="Outcome">Machine texts (unwanted mail) found, people (ham) flagged.</param>
/// <param name="Missed">Machine texts said to be a person's (unwanted mail said to be ham).</param>
/// <param name="Decided">Rows with an answer, right or wrong.</param>
public sealed record CascadeDecisions(DecidedReport Outcome, int Missed, int Decided);
