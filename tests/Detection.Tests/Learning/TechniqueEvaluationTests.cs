using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Heads;
using Detection.Learning.Data;
using Detection.Learning.Evaluating;
using Detection.Learning.Features;

namespace Detection.Tests.Learning;

public sealed class TechniqueEvaluationTests
{
    private const string Hurry = "urgency_scarcity", Flattery = "flattery_ingratiation";

    /// <summary>Cause: pairs of which a bundle said nothing were left out, so that a head which kept silent had a better figure than one that spoke.</summary>
    [Fact]
    public void A_technique_that_the_bundle_does_not_know_or_that_is_silent_in_a_channel_counts_as_not_named()
    {
        // Hurry: three right, one of them missed in silence, none wrong. Flattery: no head at all, one missed.
        MeasuredRow[] rows = [Row(0, (Hurry, 0.9)), Row(1, (Hurry, 0.8)), Row(2, (Hurry, null)), Row(3, (Flattery, null)), Row(4, (null, 0.1))];
        var report = TechniqueEvaluation.Of(rows, null);
        Assert.Equal(2 * 2.0 / (2 * 2 + 0 + 2), report.MicroF1, 1e-12);
        Assert.Equal((0.8 + 0) / 2, report.MacroF1, 1e-12);
        Assert.Equal([(Hurry, 3), (Flattery, 1)], report.Heads.Select(line => (line.Head, line.Counts.Support)));
        // Calibration is of probabilities that were given.
        Assert.Equal((1, (0.01 + 0.04 + 0.01) / 3), (report.Heads[0].AveragePrecision, Math.Round(report.Heads[0].Brier, 12)));
        Assert.True(double.IsNaN(report.Heads[1].Brier));
    }

    /// <summary>Cause: a card of a bundle with a silent technique ended in a failure instead of figures.</summary>
    [Fact]
    public void A_card_has_figures_of_a_technique_that_is_silent_in_some_rows()
    {
        MeasuredRow[] rows = [.. Enumerable.Range(0, 60).Select(i => Row(i, (i % 2 == 0 ? Hurry : null, i % 3 == 0 ? null : i % 2 == 0 ? 0.9 : 0.1)))];
        var figures = CardTables.Heads(rows).Single(head => head.Head == Hurry);
        Assert.Equal((60, 30, 1.0), (figures.Rows, figures.Positives, figures.Auroc));
        Assert.Equal(2 * 20.0 / (2 * 20 + 10), figures.F1, 1e-12);
        Assert.Equal(0.01, figures.Brier, 1e-12);
    }

    /// <param name="said">The technique that the row uses, and the probability that it uses <see cref="Hurry"/>.</param>
    private static MeasuredRow Row(int i, (string? Uses, double? Hurry) said)
    {
        var row = new LabelledRow
        {
            Id = $"{i}",
            File = "manipulation/own",
            Task = LearningTask.Manipulation,
            Text = $"text {i}",
            Techniques = new Dictionary<string, bool> { [Hurry] = said.Uses == Hurry, [Flattery] = said.Uses == Flattery },
            Split = "test",
            Message = new Message { Channel = Channel.Email },
        };
        return new MeasuredRow(new PlacedRow(row, row.Id, RowUse.Measured), new StoredFeatures(100, 500, true, new TextFeatures([], WordVector.None)), new Judgement
        {
            Scores = Scores.None,
            Authorship = Authorship.Unsure,
            Decided = new Decided(MailKind.Unsure, said.Hurry >= 0.5 ? [Hurry] : []),
            Manipulation = new Dictionary<string, double?> { [Hurry] = said.Hurry },
            FalsePositiveRate = new Dictionary<string, FalsePositiveRate>(),
            Margins = new Dictionary<string, float> { [Hurry] = said.Uses == Hurry ? 1 : 0 },
        });
    }
}
