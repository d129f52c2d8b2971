using CsCheck;

namespace Detection.EndToEnd.Chaos;

/// <summary>The checker on forged histories: what it must find, and what it must not take for a fault.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly string[] Ids = ["m1", "m2", "m3"];

    [Fact]
    public void A_clean_run_has_no_problems() => Assert.Empty(HistoryChecker.Check(Accepted(Ids), Clean()));

    [Fact]
    public void A_lost_message_is_named() =>
        Assert.Equal(["m2: accepted and lost"], HistoryChecker.Check(Accepted(Ids), Clean() with { Documents = [Verdict("m1"), Verdict("m3")], Topic = [Verdict("m1"), Verdict("m3")] }));

    [Fact]
    public void A_message_with_two_verdicts_of_one_bundle_is_named() =>
        Assert.Equal(["m2: 2 verdict documents of bundle b1", "m2: the verdict topic has v-m2 of bundle b1, the store has not"],
            HistoryChecker.Check(Accepted(Ids), Clean() with { Documents = [Verdict("m1"), Verdict("m2") with { VerdictId = "x" }, Verdict("m2") with { VerdictId = "y" }, Verdict("m3")] }));

    [Fact]
    public void A_double_that_the_document_id_hides_is_named() =>
        Assert.Equal(["m2: 2 verdict documents of bundle b1"], HistoryChecker.Check(Accepted(Ids), Clean() with { Documents = [.. Clean().Documents, Verdict("m2")] }));

    [Fact]
    public void A_verdict_of_each_bundle_is_no_double()
    {
        SeenVerdict second = new("m2", "w-m2", "b2");
        Assert.Empty(HistoryChecker.Check(Accepted(Ids), Clean() with { Documents = [.. Clean().Documents, second], Topic = [.. Clean().Topic!, second] }));
    }

    [Fact]
    public void A_stranger_is_named_wherever_it_shows_itself()
    {
        string[] problems = [.. HistoryChecker.Check(Accepted(Ids), Clean() with { Documents = [.. Clean().Documents, Verdict("s1")], Topic = [.. Clean().Topic!, Verdict("s1")], DeadLetters = ["s2"] })];
        Assert.Equal(["s1: never sent, yet 1 verdict documents, 0 dead letters, 1 topic records", "s2: never sent, yet 0 verdict documents, 1 dead letters, 0 topic records"], problems);
    }

    [Fact]
    public void A_dead_letter_stands_for_a_verdict_but_not_beside_one()
    {
        var instead = Clean() with { Documents = [Verdict("m1"), Verdict("m3")], Topic = [Verdict("m1"), Verdict("m3")], DeadLetters = ["m2"] };
        Assert.Empty(HistoryChecker.Check(Accepted(Ids), instead));
        Assert.Equal(["m2: a verdict and a dead letter"], HistoryChecker.Check(Accepted(Ids), Clean() with { DeadLetters = ["m2"] }));
        Assert.Equal(["m2: 2 dead letters"], HistoryChecker.Check(Accepted(Ids), instead with { DeadLetters = ["m2", "m2"] }));
    }

    [Fact]
    public void A_second_verdict_id_on_the_topic_is_named() =>
        Assert.Equal(["m2: the verdict topic has other of bundle b1, the store has not"], HistoryChecker.Check(Accepted(Ids), Clean() with { Topic = [.. Clean().Topic!, Verdict("m2") with { VerdictId = "other" }] }));

    [Fact]
    public void A_repeated_topic_record_is_a_problem_in_transactional_mode_alone()
    {
        var repeated = Clean() with { Topic = [.. Clean().Topic!, Verdict("m2")] };
        Assert.Empty(HistoryChecker.Check(Accepted(Ids), repeated));
        Assert.Equal(["m2: 2 committed records on the verdict topic"], HistoryChecker.Check(Accepted(Ids), repeated with { Transactional = true }));
    }

    [Fact]
    public void A_verdict_that_never_reached_the_topic_is_named() =>
        Assert.Equal(["m2: no record on the verdict topic"], HistoryChecker.Check(Accepted(Ids), Clean() with { Topic = [Verdict("m1"), Verdict("m3")] }));

    [Fact]
    public void A_message_without_an_answer_may_have_come_or_not_but_not_twice()
    {
        HistoryEvent[] history = [.. Accepted("m1", "m3"), Event(HistoryKind.Sent, "m2"), Event(HistoryKind.Unanswered, "m2")];
        Assert.Empty(HistoryChecker.Check(history, Clean()));
        Assert.Empty(HistoryChecker.Check(history, Clean() with { Documents = [Verdict("m1"), Verdict("m3")], Topic = [Verdict("m1"), Verdict("m3")] }));
        Assert.Equal(["m2: 2 verdict documents of bundle b1"], HistoryChecker.Check(history, Clean() with { Documents = [.. Clean().Documents, Verdict("m2")] }));
    }

    [Fact]
    public void A_history_that_sends_an_id_twice_proves_nothing() =>
        Assert.Equal(["m2: sent 2 times, so that it proves nothing"], HistoryChecker.Check([.. Accepted(Ids), Event(HistoryKind.Sent, "m2")], Clean()));

    /// <summary>Any run that did what it should, in any order: then each single forgery of it is found, and the message is named.</summary>
    [Fact]
    public void Every_single_forgery_of_a_clean_run_is_found() =>
        Gen.Select(Gen.Int[0, 2].Array[2, 40], Gen.Int[0, 5], Gen.Int[0, 1_000], Gen.Bool).Sample((fates, forgery, at, transactional) =>
        {
            // Fate of a message: 0 a verdict, 1 a dead letter, 2 sent without an answer and not there.
            string[] ids = [.. fates.Select((_, i) => $"m{i}")];
            HistoryEvent[] history = [.. ids.Select(id => Event(HistoryKind.Sent, id)), .. ids.Where((_, i) => fates[i] < 2).Select(id => Event(HistoryKind.Accepted, id))];
            SeenVerdict[] verdicts = [.. ids.Where((_, i) => fates[i] == 0).Select(Verdict)];
            var clean = new Observations(verdicts, [.. ids.Where((_, i) => fates[i] == 1)], [.. verdicts.Reverse()], transactional);
            if (HistoryChecker.Check(history, clean).Count > 0) return false;
            int chosen = at % ids.Length;
            var (forged, named) = Forge(clean, ids[chosen], fates[chosen], forgery);
            return HistoryChecker.Check(history, forged) is { Count: > 0 } problems && problems.All(problem => problem.StartsWith(named + ":", StringComparison.Ordinal));
        });

    private static (Observations Forged, string Named) Forge(Observations clean, string id, int fate, int forgery) => (fate, forgery) switch
    {
        (_, 0) => (clean with { Documents = [.. clean.Documents, Verdict("stranger")] }, "stranger"),
        (_, 1) => (clean with { DeadLetters = ["stranger", .. clean.DeadLetters] }, "stranger"),
        (0, 2) => (clean with { Documents = [.. clean.Documents.Where(one => one.MessageId != id)], Topic = [.. clean.Topic!.Where(one => one.MessageId != id)] }, id),
        (0, 3) => (clean with { Topic = [.. clean.Topic!, Verdict(id) with { VerdictId = "other" }] }, id),
        (0, 4) => (clean with { DeadLetters = [.. clean.DeadLetters, id] }, id),
        (1, 2) => (clean with { DeadLetters = [.. clean.DeadLetters.Where(one => one != id)] }, id),
        (1, _) => (clean with { DeadLetters = [.. clean.DeadLetters, id] }, id),
        (2, 2) => (clean with { DeadLetters = [id, .. clean.DeadLetters, id] }, id),
        _ => (clean with { Documents = [Verdict(id), .. clean.Documents, Verdict(id)] }, id),
    };

    private static Observations Clean() => new([.. Ids.Select(Verdict)], [], [.. Ids.Select(Verdict)]);

    private static SeenVerdict Verdict(string id) => new(id, "v-" + id, "b1");

    private static IEnumerable<HistoryEvent> Accepted(params string[] ids) => ids.SelectMany(id => new[] { Event(HistoryKind.Sent, id), Event(HistoryKind.Accepted, id) });

    private static HistoryEvent Event(HistoryKind kind, string subject) => new(DateTimeOffset.UnixEpoch, kind, subject);
}
