namespace Detection.EndToEnd.Chaos;

/// <summary>A verdict as it stands in the store or on the verdict topic.</summary>
/// <param name="MessageId">The sender's id.</param>
internal sealed record SeenVerdict(string MessageId, string VerdictId, string Bundle);

/// <summary>What was found after a run, every copy of it.</summary>
/// <param name="Documents">All verdict documents of all indices: a document that stands in two is two.</param>
/// <param name="DeadLetters">The sender's id of every dead letter.</param>
/// <param name="Topic">The records of the verdict topic, read with <c>read_committed</c>; null where there is no such topic.</param>
/// <param name="Transactional">Whether verdicts and positions were to be written in one transaction.</param>
internal sealed record Observations(IReadOnlyList<SeenVerdict> Documents, IReadOnlyList<string> DeadLetters, IReadOnlyList<SeenVerdict>? Topic = null, bool Transactional = false);

/// <summary>
/// Compares what was accepted with what came out: for every accepted message exactly one verdict document a bundle or exactly one dead letter, for a message that the stream gave no answer for
/// at most that, for any other nothing; on the verdict topic exactly one record a document in transactional mode, else at least one and always the document's <c>verdictId</c>.
/// Counted by the sender's id: <c>_id</c> is the verdict id, under which doubles hide. Pure.
/// </summary>
internal static class HistoryChecker
{
    /// <summary>A sentence for each message that something is wrong with; empty: the run lost nothing and doubled nothing.</summary>
    public static IReadOnlyList<string> Check(IEnumerable<HistoryEvent> history, Observations seen)
    {
        var events = history.ToLookup(happened => happened.Kind, happened => happened.Subject);
        var sent = events[HistoryKind.Sent].ToHashSet(StringComparer.Ordinal);
        var accepted = events[HistoryKind.Accepted].ToHashSet(StringComparer.Ordinal);
        var documents = seen.Documents.ToLookup(one => one.MessageId, StringComparer.Ordinal);
        var letters = seen.DeadLetters.CountBy(id => id, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var topic = seen.Topic?.ToLookup(one => one.MessageId, StringComparer.Ordinal);
        string[] known = [.. sent, .. accepted, .. documents.Select(one => one.Key), .. letters.Keys, .. topic?.Select(one => one.Key) ?? []];
        return
        [
            .. events[HistoryKind.Sent].Concat(events[HistoryKind.Accepted].Where(id => !sent.Contains(id))).CountBy(id => id).Where(one => one.Value > 1).Select(one => $"{one.Key}: sent {one.Value} times, so that it proves nothing"),
            .. known.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).SelectMany(Problems),
        ];

        IEnumerable<string> Problems(string id)
        {
            SeenVerdict[] own = [.. documents[id]];
            int dead = letters.GetValueOrDefault(id);
            if (!sent.Contains(id)) yield return $"{id}: never sent, yet {Found(own.Length, dead, topic?[id].Count() ?? 0)}";
            if (accepted.Contains(id) && own.Length == 0 && dead == 0) yield return $"{id}: accepted and lost";
            if (own.Length > 0 && dead > 0) yield return $"{id}: a verdict and a dead letter";
            if (dead > 1) yield return $"{id}: {dead} dead letters";
            foreach (var bundle in own.CountBy(one => one.Bundle).Where(bundle => bundle.Value > 1)) yield return $"{id}: {bundle.Value} verdict documents of bundle {bundle.Key}";
            foreach (string problem in topic is null ? [] : OnTopic(id, own, [.. topic[id]], seen.Transactional)) yield return problem;
        }
    }

    private static IEnumerable<string> OnTopic(string id, SeenVerdict[] documents, SeenVerdict[] records, bool transactional)
    {
        foreach (var document in documents.DistinctBy(one => one.Bundle))
        {
            int count = records.Count(record => record.Bundle == document.Bundle);
            if (count == 0) yield return $"{id}: no record on the verdict topic";
            if (count > 1 && transactional) yield return $"{id}: {count} committed records on the verdict topic";
        }
        foreach (var record in records.Distinct())
            if (!documents.Contains(record)) yield return $"{id}: the verdict topic has {record.VerdictId} of bundle {record.Bundle}, the store has not";
    }

    private static string Found(int documents, int letters, int records) => $"{documents} verdict documents, {letters} dead letters, {records} topic records";
}
