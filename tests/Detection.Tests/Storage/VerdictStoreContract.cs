using System.Text.Json;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Tests.Storage;

/// <summary>What every implementation of the store seam must do. A derived class says how to make one.</summary>
public abstract class VerdictStoreContract
{
    /// <summary>A store on the data named; opened twice with the same name, both see the same verdicts, as two processes do. Already open.</summary>
    protected abstract Task<IVerdictStore> OpenAsync(string data, StoredBodies bodies = StoredBodies.On);

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

    [Fact]
    public async Task Counts_by_campaign_and_account_name_the_largest()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var campaign = new CampaignSnapshot("c1", 3, 2, 0.9);
        JudgedMessage By(string id, Author? author, CampaignSnapshot? snapshot = null) => Some.JudgedMessage(Some.Message(id) with { Author = author }) with { Campaign = snapshot };
        await store.StoreAsync(
        [
            By("a", new Author("u1", "Ümit", "UMIT@example.org"), campaign), By("b", new Author("u2", null, "umit@example.org"), campaign), By("c", new Author("ÜMIT", null, null)), By("d", null),
            .. Enumerable.Range(0, 30).Select(i => By($"m{i}", new Author($"author{i:00}"))),
        ], Cancellation);
        await SettleAsync(store);
        var counts = await store.CountAsync(new VerdictQuery(), Cancellation);
        Assert.Equal(new Dictionary<string, long> { ["c1"] = 2 }, counts.ByCampaign);
        Assert.Equal(20, counts.ByAccount.Count);
        Assert.Equal(2, counts.ByAccount["umit@example.org"]);
        Assert.Equal(new Dictionary<string, long> { ["ümit"] = 1 }, (await store.CountAsync(new VerdictQuery { MessageId = "c" }, Cancellation)).ByAccount);
    }

    [Fact]
    public async Task Erasing_an_author_leaves_nothing_but_the_record_and_the_others()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var upkeep = (IStoreUpkeep)store;
        var by = Enumerable.Range(0, 3).Select(i => At($"m{i}", i)).ToArray();
        var other = Some.JudgedMessage(Some.Message("other") with { Author = new Author("bert", "Anna", "bert@example.org") });
        await store.StoreAsync([.. by, other], Cancellation);
        await store.DecideAsync(Some.Decision(by[0], "d1"), Cancellation);
        await store.DecideAsync(Some.Decision(by[0], "d2"), Cancellation);
        await store.DecideAsync(Some.Decision(other, "d3"), Cancellation);
        await SettleAsync(store);
        var erasure = await upkeep.EraseAuthorAsync("ANNA@example.org", "the officer", Cancellation);
        await SettleAsync(store);
        Assert.Equal((3, 2, "the officer"), (erasure.Verdicts, erasure.Decisions, erasure.By));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("anna@example.org"u8)), erasure.AuthorSha256);
        Assert.Equal([erasure], await upkeep.ErasuresAsync(Cancellation));
        Assert.Equal(["other"], (await store.SearchAsync(new VerdictQuery(), Cancellation)).Items.Select(hit => hit.Judged.MessageId));
        Assert.Empty((await store.SearchAsync(new VerdictQuery { Author = "anna@example.org" }, Cancellation)).Items);
        Assert.Null(await store.FindAsync(by[0].VerdictId, Cancellation));
        Assert.Empty(await store.HistoryAsync(by[0].MessageId, by[0].ContentSha256, Cancellation));
        Assert.Single(await store.HistoryAsync("other", other.ContentSha256, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => upkeep.EraseAuthorAsync("", "x", Cancellation));
    }

    [Fact]
    public async Task What_was_erased_can_come_again_and_be_decided_again()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        await store.StoreAsync([judged], Cancellation);
        await store.DecideAsync(Some.Decision(judged), Cancellation);
        await SettleAsync(store);
        await ((IStoreUpkeep)store).EraseAuthorAsync("anna", "x", Cancellation);
        Assert.Equal(StoreResult.Stored, (await store.StoreAsync([judged], Cancellation))[0].Result);
        Assert.Null((await store.FindAsync(judged.VerdictId, Cancellation))!.Decision);
        await store.DecideAsync(Some.Decision(judged, "again", DecidedMail.Ham), Cancellation);
        Assert.Equal("again", (await store.FindAsync(judged.VerdictId, Cancellation))!.Decision!.DecisionId);
    }

    [Fact]
    public async Task Decisions_too_old_go_with_their_whole_history_and_newer_ones_stay()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var old = At("old", 0);
        var renewed = At("renewed", 1);
        await store.StoreAsync([old, renewed], Cancellation);
        await store.DecideAsync(Some.Decision(old, "d1"), Cancellation);
        await store.DecideAsync(Some.Decision(renewed, "d2"), Cancellation);
        await store.DecideAsync(Some.Decision(renewed, "d3") with { DecidedAt = Some.Time.AddDays(10) }, Cancellation);
        await SettleAsync(store);
        Assert.Equal(new Retained(0, 1), await ((IStoreUpkeep)store).RetainAsync(new RetentionPolicy(null, 5), Some.Time.AddDays(12), Cancellation));
        Assert.Empty(await store.HistoryAsync("old", old.ContentSha256, Cancellation));
        Assert.Null((await store.FindAsync(old.VerdictId, Cancellation))!.Decision);
        Assert.Equal(["d2", "d3"], (await store.HistoryAsync("renewed", renewed.ContentSha256, Cancellation)).Select(decision => decision.DecisionId));
        Assert.Equal(new Retained(0, 0), await ((IStoreUpkeep)store).RetainAsync(new RetentionPolicy(null, null), Some.Time.AddDays(1000), Cancellation));
    }

    [Fact]
    public async Task Verdicts_too_old_are_deleted()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var old = At("old", 0) with { ProcessedAt = Some.Time.AddDays(-31), AcceptedAt = Some.Time.AddDays(-31) };
        await store.StoreAsync([old, At("new", 0)], Cancellation);
        await SettleAsync(store);
        // 1 February: December ended 31 days ago.
        var retained = await ((IStoreUpkeep)store).RetainAsync(new RetentionPolicy(31, null), new DateTimeOffset(2026, 2, 1, 8, 0, 0, TimeSpan.Zero), Cancellation);
        Assert.Equal(new Retained(1, 0), retained);
        Assert.Equal(["new"], (await store.SearchAsync(new VerdictQuery(), Cancellation)).Items.Select(hit => hit.Judged.MessageId));
        Assert.Null(await store.FindAsync(old.VerdictId, Cancellation));
    }

    [Fact]
    public async Task Decisions_wait_to_be_published_and_come_again_until_they_are()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var outbox = (IDecisionOutbox)store;
        var judged = new[] { At("a", 0), At("b", 1) };
        await store.StoreAsync(judged, Cancellation);
        Assert.Empty(await PendingAsync());
        await store.DecideAsync(Some.Decision(judged[0], "d1"), Cancellation);
        await store.DecideAsync(Some.Decision(judged[1], "d2"), Cancellation);
        var pending = await PendingAsync();
        Assert.Equal([("a", "d1"), ("b", "d2")], pending.Select(state => (state.MessageId, state.Summary?.DecisionId)));
        Assert.Equal(Some.Decision(judged[0]).Key, pending[0].Key);
        // Something new after the state was read: publishing the old state does not hide it.
        await store.DecideAsync(Some.Decision(judged[0], "u1", undoes: "d1"), Cancellation);
        await outbox.PublishedAsync(pending, Cancellation);
        var undone = Assert.Single(await PendingAsync());
        Assert.Equal(("a", null), (undone.MessageId, undone.Summary));
        await outbox.PublishedAsync([undone], Cancellation);
        Assert.Empty(await PendingAsync());
        await ((IStoreUpkeep)store).EraseAuthorAsync("anna", "x", Cancellation);
        Assert.All(await PendingAsync(), state => Assert.Null(state.Summary));
        Assert.Equal(2, (await PendingAsync()).Count);
        await outbox.PublishedAsync(await PendingAsync(), Cancellation);
        Assert.Empty(await PendingAsync());

        async Task<IReadOnlyList<DecisionState>> PendingAsync()
        {
            await SettleAsync(store);
            return await outbox.PendingDecisionsAsync(10, Cancellation);
        }
    }

    [Fact]
    public async Task A_verdict_that_comes_after_the_decision_has_it()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        await store.StoreAsync([judged], Cancellation);
        await store.DecideAsync(Some.Decision(judged), Cancellation);
        var later = Some.JudgedMessage(bundle: "b2");
        await store.StoreAsync([later], Cancellation);
        Assert.Equal("d1", (await store.FindAsync(later.VerdictId, Cancellation))!.Decision!.DecisionId);
        await SettleAsync(store);
        Assert.Equal(2, (await store.CountAsync(new VerdictQuery { HasDecision = true }, Cancellation)).Total);
    }

    [Fact]
    public async Task Two_moderators_at_once_leave_one_history()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await using var other = await OpenAsync(data.Path);
        var judged = Some.JudgedMessage();
        await store.StoreAsync([judged], Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? store : other).DecideAsync(Some.Decision(judged, $"d{i}"), Cancellation)));
        var history = await store.HistoryAsync(judged.MessageId, judged.ContentSha256, Cancellation);
        Assert.Equal(12, history.Select(decision => decision.DecisionId).Distinct().Count());
        Assert.Equal(12, history.Count);
        Assert.Equal(history[^1].DecisionId, (await other.FindAsync(judged.VerdictId, Cancellation))!.Decision!.DecisionId);
        string[] undone = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            try { return (await store.DecideAsync(Some.Decision(judged, $"u{i}", undoes: history[^1].DecisionId), Cancellation))!.DecisionId; }
            catch (DecisionConflictException) { return "refused"; }
        }))];
        Assert.Equal([history[^2].DecisionId, "refused", "refused", "refused"], undone.OrderBy(one => one == "refused"));
    }

    [Fact]
    public async Task Bodies_can_be_kept_masked()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path, StoredBodies.Redacted);
        var judged = Some.JudgedMessage(Some.Message(text: "Call +1 (555) 123-4567 or see https://example.org/u/anna?x=1 about the secret."));
        var plain = Some.JudgedMessage(Some.Message("plain"));
        await store.StoreAsync([judged, plain], Cancellation);
        await SettleAsync(store);
        var found = await store.FindAsync(judged.VerdictId, Cancellation);
        Assert.Equal("Call +**************** or see https://example.org*********** about the secret.", found!.Message.Text);
        Assert.Equal(judged.Message.Text!.Length, found.Message.Text!.Length);
        Assert.Null(found.TokenScores);
        Assert.NotNull((await store.FindAsync(plain.VerdictId, Cancellation))!.TokenScores);
        Assert.Single((await store.SearchAsync(new VerdictQuery { Text = "secret" }, Cancellation)).Items);
        Assert.Empty((await store.SearchAsync(new VerdictQuery { Text = "4567" }, Cancellation)).Items);
        Assert.Single((await store.SearchAsync(new VerdictQuery { Author = "anna@example.org", MessageId = judged.MessageId }, Cancellation)).Items);
    }

    [Fact]
    public async Task Without_bodies_the_words_are_gone_and_the_subject_stays()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path, StoredBodies.Off);
        var message = Some.Message(text: "the secretword") with { Hidden = [new HiddenText("tiny-font", "secretword")], Links = [new Link("secretword", "https://example.org")] };
        var judged = Some.JudgedMessage(message);
        await store.StoreAsync([judged], Cancellation);
        await SettleAsync(store);
        var found = await store.FindAsync(judged.VerdictId, Cancellation);
        Assert.Null(found!.TokenScores);
        Assert.Null(found.Message.Text);
        Assert.Equal(("The invoice", "https://example.org", "tiny-font"), (found.Message.Subject, found.Message.Links![0].Target, found.Message.Hidden![0].Reason));
        Assert.Empty((await store.SearchAsync(new VerdictQuery { Text = "secretword" }, Cancellation)).Items);
        Assert.Single((await store.SearchAsync(new VerdictQuery { Text = "invoice" }, Cancellation)).Items);
    }

    [Fact]
    public async Task A_score_that_is_no_number_is_rejected()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        var outcomes = await store.StoreAsync([Some.JudgedMessage(scores: new Scores(double.NaN, 0, 0, 0)), At("fine", 0)], Cancellation);
        Assert.Equal([StoreResult.Rejected, StoreResult.Stored], outcomes.Select(outcome => outcome.Result));
    }

    [Fact]
    public async Task A_message_cannot_pretend_highlights()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await store.StoreAsync([Some.JudgedMessage(Some.Message(text: "\u0002\u0003 <b>bill</b> \ud800 \u0000 bill"))], Cancellation);
        await SettleAsync(store);
        var hit = Assert.Single((await store.SearchAsync(new VerdictQuery { Text = "bill" }, Cancellation)).Items);
        var highlight = Assert.Single(hit.Highlights);
        Assert.All(highlight.Hits, at => Assert.Equal("bill", highlight.Piece[at.Start..at.End]));
    }

    [Fact]
    public async Task Many_writers_and_readers_at_once_do_not_disturb_each_other()
    {
        using var data = new TemporaryFolder();
        await using var store = await OpenAsync(data.Path);
        await using var other = await OpenAsync(data.Path);
        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            var outcome = await (i % 2 == 0 ? store : other).StoreAsync([At($"m{i / 3}", i)], Cancellation);
            await store.SearchAsync(new VerdictQuery { Text = "invoice" }, Cancellation);
            await other.CountAsync(new VerdictQuery(), Cancellation);
            return outcome[0].Result;
        }));
        await SettleAsync(store);
        Assert.Equal(20, results.Count(result => result == StoreResult.Stored));
        Assert.Equal(20, (await store.CountAsync(new VerdictQuery(), Cancellation)).Total);
    }

    protected static JudgedMessage At(string id, int minute) => Some.JudgedMessage(Some.Message(id), processedAt: Some.Time.AddMinutes(minute));

    protected static string Json<T>(T value) => JsonSerializer.Serialize(value, ContractJson.Options);

    private static JudgedMessage Judged(string id, VerdictAction action, Scores? scores = null) => Some.JudgedMessage(Some.Message(id), action, scores);
}
