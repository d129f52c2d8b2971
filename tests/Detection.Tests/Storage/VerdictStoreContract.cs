using System.Text.Json;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Tests.Storage;

/// <summary>What every implementation of the store seam must do. A derived class says how to make one.</summary>
public abstract class VerdictStoreContract
{
    /// <summary>A store on the data named; opened twice with the same name, both see the same verdicts, as two processes do. Already open.</summary>
    protected abstract Task<IVerdictStore> OpenAsync(string data);

    /// <summary>Lets searches see what was stored, where a store shows it later than it stores it.</summary>
    protected virtual Task SettleAsync(IVerdictStore store) => Task.CompletedTask;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_judged_message_is_found_as_it_was_stored()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        Assert.Equal([new StoreOutcome(StoreResult.Stored)], await store.StoreAsync([judged], Cancellation));
        var found = await store.FindAsync(judged.VerdictId, Cancellation);
        Assert.Equal(Json(judged), Json(found));
        Assert.Null(await store.FindAsync("unknown", Cancellation));
    }

    [Fact]
    public async Task A_store_that_answers_passes_its_check()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.CheckAsync(Cancellation);
        Assert.Null(await StoreReadiness.ReasonAsync(store, Cancellation));
    }

    [Fact]
    public async Task The_first_writer_of_a_verdict_id_wins()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await using var other = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        var late = judged with { Action = VerdictAction.Hold };
        Assert.Equal([StoreResult.Stored, StoreResult.AlreadyStored], (await store.StoreAsync([judged, late], Cancellation)).Select(outcome => outcome.Result));
        Assert.Equal([StoreResult.AlreadyStored], (await other.StoreAsync([late], Cancellation)).Select(outcome => outcome.Result));
        Assert.Equal(VerdictAction.Review, (await store.FindAsync(judged.VerdictId, Cancellation))!.Action);
        await SettleAsync(store);
        Assert.Single((await store.SearchAsync(new VerdictQuery(), Cancellation)).Items);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_rejected_with_the_reason_and_the_rest_is_stored()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var broken = Some.JudgedMessage() with { VerdictId = "" };
        var outcomes = await store.StoreAsync([broken, Some.JudgedMessage(Some.Message("m2"))], Cancellation);
        Assert.Equal([StoreResult.Rejected, StoreResult.Stored], outcomes.Select(outcome => outcome.Result));
        Assert.Contains("verdictId", outcomes[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_go_from_the_newest_on_and_are_not_disturbed_by_new_verdicts()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync([.. Enumerable.Range(0, 25).Select(i => At($"m{i:00}", i % 5))], Cancellation);
        await SettleAsync(store);
        List<string> seen = [];
        string? after = null;
        do
        {
            var page = await store.SearchAsync(new VerdictQuery { Take = 7, After = after }, Cancellation);
            seen.AddRange(page.Items.Select(hit => hit.Judged.MessageId));
            Assert.All(page.Items, hit => Assert.Null(hit.Judged.TokenScores));
            await store.StoreAsync([At($"new{seen.Count}", 60)], Cancellation);
            await SettleAsync(store);
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(25, seen.Distinct().Count());
        Assert.Equal([4, 4, 4, 4, 4, 3], seen.Take(6).Select(id => int.Parse(id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 5));
        Assert.Equal(25, seen.Count);
    }

    [Fact]
    public async Task Most_suspicious_goes_by_action_and_then_by_the_largest_score()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync(
        [
            Judged("none", VerdictAction.Review, Scores.None), Judged("allowed", VerdictAction.Allow, new Scores(0.99, 0.99, 0.99, 0.99)), Judged("low", VerdictAction.Review, new Scores(null, 0.1, null, 0.2)),
            Judged("high", VerdictAction.Review, new Scores(0.8, 0.1, 0, 0)), Judged("held", VerdictAction.Hold, new Scores(null, 0.3, 0.3, null)),
        ], Cancellation);
        await SettleAsync(store);
        var first = await store.SearchAsync(new VerdictQuery { Order = VerdictOrder.MostSuspicious, Take = 3 }, Cancellation);
        var second = await store.SearchAsync(new VerdictQuery { Order = VerdictOrder.MostSuspicious, Take = 3, After = first.Next }, Cancellation);
        Assert.Equal(["held", "high", "low", "none", "allowed"], first.Items.Concat(second.Items).Select(hit => hit.Judged.MessageId));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task Every_condition_selects()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var mail = At("mail", 1);
        var post = At("post", 2) with
        {
            Action = VerdictAction.Hold,
            Channel = Channel.Forum,
            Authorship = Authorship.TooShort,
            Decided = new Decided(MailKind.Phishing, ["fear", "flattery"]),
            Message = Some.Message("post") with { Author = new Author("u7", "Émile", null) },
        };
        await store.StoreAsync([mail, post], Cancellation);
        await store.DecideAsync(Some.Decision(mail), Cancellation);
        await SettleAsync(store);
        await Selects(new VerdictQuery { Actions = [VerdictAction.Hold, VerdictAction.Allow] }, "post");
        await Selects(new VerdictQuery { Channels = [Channel.Email] }, "mail");
        await Selects(new VerdictQuery { Authorship = [Authorship.TooShort] }, "post");
        await Selects(new VerdictQuery { Mail = [MailKind.Spam] }, "mail");
        await Selects(new VerdictQuery { Techniques = ["flattery", "other"] }, "post");
        await Selects(new VerdictQuery { Techniques = ["x') OR 1=1 --"] });
        await Selects(new VerdictQuery { MessageId = "mail" }, "mail");
        await Selects(new VerdictQuery { Author = "émile" }, "post");
        await Selects(new VerdictQuery { Author = "Anna@Example.org" }, "mail");
        await Selects(new VerdictQuery { HasDecision = true }, "mail");
        await Selects(new VerdictQuery { HasDecision = false }, "post");
        await Selects(new VerdictQuery { From = Some.Time.AddMinutes(2) }, "post");
        await Selects(new VerdictQuery { Before = Some.Time.AddMinutes(2) }, "mail");
        await Selects(new VerdictQuery { Actions = [VerdictAction.Hold], Channels = [Channel.Email] });

        async Task Selects(VerdictQuery query, params string[] expected)
        {
            Assert.Equal(expected, (await store.SearchAsync(query, Cancellation)).Items.Select(hit => hit.Judged.MessageId));
            Assert.Equal(expected.Length, (await store.CountAsync(query, Cancellation)).Total);
        }
    }

    [Fact]
    public async Task Words_are_found_in_text_subject_and_author_and_shown_where_they_stand()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync([Some.JudgedMessage(Some.Message("m1", "😀 Send the Café bill; the bill, please.")), Some.JudgedMessage(Some.Message("m2", "Nothing of the kind."))], Cancellation);
        await SettleAsync(store);
        var hit = Assert.Single((await store.SearchAsync(new VerdictQuery { Text = "cafe BILL" }, Cancellation)).Items);
        var highlight = Assert.Single(hit.Highlights, highlight => highlight.Field == "text");
        Assert.Contains(highlight.Piece, hit.Judged.Message.Text, StringComparison.Ordinal);
        Assert.Equal(["Café", "bill", "bill"], highlight.Hits.Select(at => highlight.Piece[at.Start..at.End]));
        Assert.Equal(2, (await store.SearchAsync(new VerdictQuery { Text = "invoice anna" }, Cancellation)).Items.Count);
        Assert.Empty((await store.SearchAsync(new VerdictQuery { Text = "bill nothing" }, Cancellation)).Items);
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("bill\" OR \"nothing")]
    [InlineData("text:bill")]
    [InlineData("(NEAR(")]
    [InlineData("*")]
    [InlineData("a\u0000b")]
    [InlineData("-- ; DROP TABLE verdicts")]
    public async Task No_character_has_a_meaning_in_a_search(string text)
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync([Some.JudgedMessage(Some.Message("m1", "the bill"))], Cancellation);
        await SettleAsync(store);
        Assert.Empty((await store.SearchAsync(new VerdictQuery { Text = text }, Cancellation)).Items);
    }

    [Fact]
    public async Task A_query_that_cannot_be_used_names_its_field()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync([At("m1", 1), At("m2", 2)], Cancellation);
        await SettleAsync(store);
        string newest = (await store.SearchAsync(new VerdictQuery { Take = 1 }, Cancellation)).Next!;
        await Refuses(new VerdictQuery { Take = 0 }, "Take");
        await Refuses(new VerdictQuery { Take = 501 }, "Take");
        await Refuses(new VerdictQuery { After = "???" }, "After");
        await Refuses(new VerdictQuery { After = newest, Order = VerdictOrder.MostSuspicious }, "After");
        await Refuses(new VerdictQuery { Text = new string('x', 5000) }, "Text");

        async Task Refuses(VerdictQuery query, string field) =>
            Assert.StartsWith(field, (await Assert.ThrowsAsync<ArgumentException>(() => store.SearchAsync(query, Cancellation))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_are_of_what_the_query_selects()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync(
        [
            Judged("a", VerdictAction.Hold), Judged("b", VerdictAction.Allow) with { ProcessedAt = Some.Time.AddHours(3), Channel = Channel.Sms, Decided = new Decided(MailKind.Ham, []) },
            Judged("c", VerdictAction.Review) with { Decided = new Decided(MailKind.Unsure, ["fear", "urgency_scarcity"]) }, Judged("d", VerdictAction.Review),
        ], Cancellation);
        await SettleAsync(store);
        var counts = await store.CountAsync(new VerdictQuery { Take = 1 }, Cancellation);
        Assert.Equal(4, counts.Total);
        Assert.Equal(new Dictionary<string, long> { ["allow"] = 1, ["review"] = 2, ["hold"] = 1 }, counts.ByAction);
        Assert.Equal(new Dictionary<string, long> { ["email"] = 3, ["sms"] = 1 }, counts.ByChannel);
        Assert.Equal(new Dictionary<string, long> { ["urgency_scarcity"] = 3, ["fear"] = 1 }, counts.ByTechnique);
        var hour = new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);
        Assert.Equal([new HourCount(hour, 0, 2, 1), new HourCount(hour.AddHours(3), 1, 0, 0)], counts.ByHour);
        Assert.Equal(0, (await store.CountAsync(new VerdictQuery { MessageId = "none" }, Cancellation)).Total);
    }

    [Fact]
    public async Task A_watcher_sees_what_is_stored_from_then_on_by_this_process_and_by_others()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await using var other = await OpenAsync(data.Path);
        await store.StoreAsync([At("before", 0)], Cancellation);
        await using var watcher = store.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await store.StoreAsync([At("here", 1)], Cancellation);
        Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal("here", watcher.Current.MessageId);
        var next = watcher.MoveNextAsync().AsTask();
        await other.StoreAsync([At("there", 2)], Cancellation);
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal("there", watcher.Current.MessageId);
    }

    [Fact]
    public async Task A_decision_shows_on_every_verdict_of_the_message_and_content()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var first = Some.JudgedMessage();
        var second = Some.JudgedMessage(bundle: "b2");
        var otherContent = Some.JudgedMessage(Some.Message(text: "The id again, other words."));
        await store.StoreAsync([first, second, otherContent], Cancellation);
        var summary = await store.DecideAsync(Some.Decision(first) with { Note = "seen before" }, Cancellation);
        Assert.Equal(("local", "d1", DecidedMail.Spam), (summary!.Moderator, summary.DecisionId, summary.Labels.Mail));
        foreach (var judged in new[] { first, second }) Assert.Equal(Json(summary), Json((await store.FindAsync(judged.VerdictId, Cancellation))!.Decision));
        Assert.Null((await store.FindAsync(otherContent.VerdictId, Cancellation))!.Decision);
        await SettleAsync(store);
        Assert.Equal(2, (await store.SearchAsync(new VerdictQuery(), Cancellation)).Items.Count(hit => hit.Judged.Decision is not null));
        Assert.Equal("seen before", Assert.Single(await store.HistoryAsync(first.MessageId, first.ContentSha256, Cancellation)).Note);
    }

    [Fact]
    public async Task The_same_decision_id_again_is_no_second_decision()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        await store.StoreAsync([judged], Cancellation);
        await store.DecideAsync(Some.Decision(judged), Cancellation);
        var again = await store.DecideAsync(Some.Decision(judged, mail: DecidedMail.Ham), Cancellation);
        Assert.Equal(DecidedMail.Spam, again!.Labels.Mail);
        Assert.Single(await store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation));
    }

    [Fact]
    public async Task Undoing_restores_the_state_before_and_so_does_undoing_that()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        await store.StoreAsync([judged], Cancellation);
        await store.DecideAsync(Some.Decision(judged, "d1", DecidedMail.Spam), Cancellation);
        await store.DecideAsync(Some.Decision(judged, "d2", DecidedMail.Ham), Cancellation);
        Assert.Equal("d1", (await store.DecideAsync(Some.Decision(judged, "u2", undoes: "d2"), Cancellation))!.DecisionId);
        Assert.Equal("d2", (await store.DecideAsync(Some.Decision(judged, "uu2", undoes: "u2"), Cancellation))!.DecisionId);
        Assert.Equal("d2", (await store.DecideAsync(Some.Decision(judged, "u1", undoes: "d1"), Cancellation))!.DecisionId);
        Assert.Null(await store.DecideAsync(Some.Decision(judged, "u2b", undoes: "d2"), Cancellation));
        Assert.Null((await store.FindAsync(judged.VerdictId, Cancellation))!.Decision);
        Assert.Equal(["d1", "d2", "u2", "uu2", "u1", "u2b"], (await store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation)).Select(decision => decision.DecisionId));
    }

    [Fact]
    public async Task What_cannot_be_decided_is_refused()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        await store.StoreAsync([judged], Cancellation);
        await store.DecideAsync(Some.Decision(judged), Cancellation);
        await store.DecideAsync(Some.Decision(judged, "u1", undoes: "d1"), Cancellation);
        await Assert.ThrowsAsync<DecisionConflictException>(() => store.DecideAsync(Some.Decision(judged, "u2", undoes: "d1"), Cancellation));
        await Assert.ThrowsAsync<DecisionConflictException>(() => store.DecideAsync(Some.Decision(judged, "u3", undoes: "unknown"), Cancellation));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => store.DecideAsync(Some.Decision(judged, "d9") with { VerdictId = "unknown" }, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DecideAsync(Some.Decision(judged, "d9") with { ContentSha256 = "other" }, Cancellation));
        Assert.Equal(2, (await store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation)).Count);
    }

    [Fact]
    public async Task Training_reads_what_is_decided_in_the_order_decided_each_message_once()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Enumerable.Range(0, 130).Select(i => At($"m{i:000}", i)).ToArray();
        await store.StoreAsync([.. judged, Some.JudgedMessage(judged[0].Message, bundle: "b2", processedAt: Some.Time.AddDays(1))], Cancellation);
        foreach (var one in judged.Reverse()) await store.DecideAsync(Some.Decision(one, "d" + one.MessageId), Cancellation);
        await store.DecideAsync(Some.Decision(judged[1], "u", undoes: "dm001"), Cancellation);
        await SettleAsync(store);
        List<JudgedMessage> decided = [];
        await foreach (var one in store.DecidedAsync(Cancellation)) decided.Add(one);
        Assert.Equal(judged.Reverse().Select(one => one.MessageId).Where(id => id != "m001"), decided.Select(one => one.MessageId));
        Assert.All(decided, one => Assert.Equal(DecidedMail.Spam, one.Decision!.Labels.Mail));
        Assert.Equal("b2", decided[^1].Bundle.Sha256);
    }

    [Fact]
    public async Task What_was_stored_is_there_after_closing()
    {
        using var data = new TemporaryFolder();
        var judged = Some.JudgedMessage();
        await using (var store = await OpenAsync(data.Path)) await store.StoreAsync([judged], Cancellation);
        await using var again = await OpenAsync(data.Path);
        Assert.NotNull(await again.FindAsync(judged.VerdictId, Cancellation));
    }

    protected static JudgedMessage At(string id, int minute) => Some.JudgedMessage(Some.Message(id), processedAt: Some.Time.AddMinutes(minute));

    protected static string Json<T>(T value) => JsonSerializer.Serialize(value, ContractJson.Options);

    private static JudgedMessage Judged(string id, VerdictAction action, Scores? scores = null) => Some.JudgedMessage(Some.Message(id), action, scores);
}
