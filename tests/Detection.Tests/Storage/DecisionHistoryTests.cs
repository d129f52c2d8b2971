using CsCheck;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Tests.Storage;

public sealed class DecisionHistoryTests
{
    // A history as a store takes it down: each step decides anew or undoes something that stands.
    private static readonly Gen<List<ModeratorDecision>> Histories = Gen.Int[-2, 1000].Array[0, 14].Select(steps =>
    {
        var judged = Some.JudgedMessage();
        List<ModeratorDecision> history = [];
        foreach (int step in steps)
        {
            var next = Some.Decision(judged, $"d{history.Count}", undoes: step < 0 || history.Count == 0 ? null : history[step % history.Count].DecisionId);
            try { DecisionHistory.Check(history, next); }
            catch (DecisionConflictException) { continue; }
            history.Add(next);
        }
        return history;
    });

    [Fact]
    public void Undoing_the_newest_decision_gives_the_state_before_it() => Histories.Sample(history =>
    {
        if (history.Count == 0) return;
        var before = DecisionHistory.InForce([.. history.SkipLast(1)]);
        var undo = Some.Decision(Some.JudgedMessage(), "undo", undoes: history[^1].DecisionId);
        DecisionHistory.Check(history, undo);
        Assert.Equal(before, DecisionHistory.InForce([.. history, undo]));
    });

    [Fact]
    public void A_new_decision_is_in_force_and_an_undo_never_is() => Histories.Sample(history =>
    {
        var next = Some.Decision(Some.JudgedMessage(), "next");
        Assert.Equal(next, DecisionHistory.InForce([.. history, next]));
        Assert.Null(DecisionHistory.InForce(history)?.Undoes);
    });

    [Fact]
    public void Nothing_can_be_undone_twice_in_a_row() => Histories.Sample(history =>
    {
        foreach (var undo in history.Where(decision => decision.Undoes is not null).TakeLast(1))
            if (history[^1] == undo)
                Assert.Throws<DecisionConflictException>(() => DecisionHistory.Check(history, Some.Decision(Some.JudgedMessage(), "again", undoes: undo.Undoes)));
    });
}
