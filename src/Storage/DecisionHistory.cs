using Detection.Contracts;

namespace Detection.Storage;

/// <summary>
/// What a history of decisions on one message and content amounts to; pure. A decision stands unless a later standing decision undoes it, so that undoing an undo restores
/// what was undone. In force is the newest standing decision that is no undo.
/// </summary>
public static class DecisionHistory
{
    /// <param name="history">Oldest first.</param>
    /// <returns>Null where nothing is decided.</returns>
    public static ModeratorDecision? InForce(IReadOnlyList<ModeratorDecision> history) => Standing(history).LastOrDefault(decision => decision.Undoes is null);

    /// <exception cref="DecisionConflictException">What <paramref name="next"/> undoes is not in the history, or was undone already.</exception>
    public static void Check(IReadOnlyList<ModeratorDecision> history, ModeratorDecision next)
    {
        if (next.Undoes is not { } target) return;
        if (history.All(decision => decision.DecisionId != target)) throw new DecisionConflictException($"undoes: no decision {target} was taken on this message.");
        if (Standing(history).All(decision => decision.DecisionId != target)) throw new DecisionConflictException($"undoes: the decision {target} was undone already.");
    }

    public static DecisionSummary? Summary(IReadOnlyList<ModeratorDecision> history) =>
        InForce(history) is { } decision ? new DecisionSummary(decision.Labels, decision.Moderator, decision.DecidedAt, decision.DecisionId) : null;

    private static List<ModeratorDecision> Standing(IReadOnlyList<ModeratorDecision> history)
    {
        // Newest first: whatever could undo a decision comes after it and is known when the decision is reached.
        HashSet<string> undone = [];
        List<ModeratorDecision> standing = [];
        foreach (var decision in history.Reverse())
        {
            if (undone.Contains(decision.DecisionId)) continue;
            if (decision.Undoes is { } target) undone.Add(target);
            standing.Add(decision);
        }
        standing.Reverse();
        return standing;
    }
}
