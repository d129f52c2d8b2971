using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>What becomes of texts by people when a machine-written paragraph is put into them.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Rows">Which rows, in words.</param>
/// <param name="Files">File by file, after the people's texts; <paramref name="All"/> is their sum.</param>
public sealed record PassageReport(string Model, string Rows, IReadOnlyList<PassageFigures> Files, PassageFigures All);

/// <summary>One file's texts by people, each as it is and with a paragraph put in.</summary>
/// <param name="Texts">By people, of several passages each.</param>
/// <param name="FalselyMarked">Texts as they are that have a passage which stands out, with the exact interval of their share.</param>
/// <param name="FalselyMachine">Texts as they are that are called machine-written as a whole.</param>
/// <param name="Marked">Texts with a paragraph put in of which a passage is pointed at, with Wilson's interval of their share.</param>
/// <param name="Machine">Texts with a paragraph put in that are called machine-written as a whole.</param>
/// <param name="Overlap">Of those that are marked: mean intersection over union of the places pointed at and the paragraph, in characters; not a number where none is.</param>
/// <param name="Half">Of those that are marked: how many have an overlap of a half or more.</param>
public sealed record PassageFigures(string File, int Texts, int FalselyMarked, Interval FalselyMarkedInterval, int FalselyMachine, int Marked, Interval MarkedInterval, int Machine, double Overlap, int Half);
