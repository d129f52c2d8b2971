using Detection.Learning.Metrics;

namespace Detection.Learning.Evaluating;

/// <summary>What the attacks that need no model do to a model, on one sample over all files.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Rows">Which rows, in words.</param>
/// <param name="Clean">What the bundle's thresholds do to the texts as they are; null for a model without heads.</param>
public sealed record AttackReport(string Model, string Rows, int Files, int Humans, int Machines, DecidedReport? Clean, IReadOnlyList<AttackedReport> Attacks);

/// <summary>One attack.</summary>
/// <param name="Changed">Texts that it changed.</param>
/// <param name="Undone">Of those, how many the model reads exactly as before.</param>
/// <param name="Decided">What the bundle's thresholds do to the attacked texts; null for a model without heads.</param>
public sealed record AttackedReport(string Attack, double Fraction, int Changed, int Undone, IReadOnlyList<AttackedColumn> Columns, DecidedReport? Decided);

/// <summary>AUROC over the pairs of one file each (<see cref="WithinFiles"/>), with the paired interval of what the attack took or gave.</summary>
/// <param name="Machines">The machines' texts attacked, people's as they are: RAID's way.</param>
/// <param name="Both">People's texts attacked too: a channel that changes every text.</param>
public sealed record AttackedColumn(string Name, double Clean, double Machines, Interval MachinesDifference, double Both, Interval BothDifference);
