using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Heads;
using Detection.Learning.Heads;
using Detection.Tests.Standalone;

namespace Detection.Tests.Learning;

[Collection(TinyBundleTests.Name)]
public sealed class RecalibrationTests(TinyBundle tiny)
{
    private static readonly string[] Weather = ["rain", "wind", "sun", "snow", "fog"], Fell = ["fell", "came", "went", "stayed"], Delve = ["delve", "tapestry", "realm", "testament"], Fosters = ["underscores", "fosters", "leverages"];

    /// <summary>Cause: learners' English is as predictable to a large model as a machine's, and no text by a learner was among those that set its thresholds.</summary>
    [Fact]
    public void Who_writes_like_the_messages_given_is_no_longer_called_a_machine()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        var before = tiny.Bundle.Heads.People[HeadNames.Synthetic];
        // The few people of the tiny bundle show no budget; with four hundred more it is shown.
        var shown = Recalibration.Run(pipeline, tiny.Bundle, Many(400, Weather, Fell), [], folder.File("two"), "2", TestContext.Current.CancellationToken);
        Assert.Equal((400, 0, 0, "2"), (shown.Human, shown.Ham, shown.LeftOut, shown.Manifest.Version));
        Assert.Equal(Authorship.Machine, Judge(folder.File("two")));
        var second = Bundle.Open(folder.File("two"));
        Assert.Equal(before.MessagesOf(Channel.Email) + 400, second.Heads.People[HeadNames.Synthetic].MessagesOf(Channel.Email));

        using var next = tiny.Open(second, null);
        Recalibration.Run(next, second, Many(60, Delve, Fosters), [], folder.File("three"), "3", TestContext.Current.CancellationToken);
        Assert.NotEqual(Authorship.Machine, Judge(folder.File("three")));
        Assert.Contains("machine: all ", File.ReadAllText(Path.Combine(folder.File("three"), "README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compact", false)]
    [InlineData("compact", true)]
    [InlineData("smollm2-135m", false)]
    [InlineData("smollm2-135m", true)]
    public void A_shipped_bundle_decides_by_what_its_own_scores_of_people_show(string name, bool research)
    {
        var bundle = Bundle.Open(Path.Combine(Repository.Root, "models", name), research, name == "compact" ? [] : [Repository.Shared("models", "smollm2-135m-instruct")]);
        foreach (var (head, decision) in new[] { (HeadNames.Synthetic, bundle.Decisions.Synthetic), (HeadNames.Spam, bundle.Decisions.Spam), (HeadNames.Phishing, bundle.Decisions.Phishing) })
            Assert.Equal(Thresholds.Above(bundle.Heads.People[head], decision.Budget, decision.Confidence).ToArray(), decision.Above.OrderBy(one => one.Key, StringComparer.Ordinal).ToArray());
    }

    [Fact]
    public void Nothing_but_rates_and_thresholds_moves_and_ham_says_nothing_of_who_wrote_it()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = tiny.Open();
        Message[] ham = [.. Many(330, ["meeting", "report", "lunch"], ["moved", "starts", "ends"]), new Message { Id = "empty", Text = " " }, Many(1, ["meeting", "report", "lunch"], ["moved", "starts", "ends"])[0]];
        var report = Recalibration.Run(pipeline, tiny.Bundle, [], ham, folder.File("two"), "2", TestContext.Current.CancellationToken);
        Assert.Equal((0, 330, 2), (report.Human, report.Ham, report.LeftOut));
        var (before, after) = (tiny.Bundle, Bundle.Open(folder.File("two")));
        Assert.Equal(before.Heads.Heads.Heads.Select(head => (head.Name, head.Bias, head.Calibration)), after.Heads.Heads.Heads.Select(head => (head.Name, head.Bias, head.Calibration)));
        Assert.Equal(before.Heads.Heads.Heads.SelectMany(head => head.Dense.Concat(head.Words)), after.Heads.Heads.Heads.SelectMany(head => head.Dense.Concat(head.Words)));
        Assert.Equal(before.Heads.People[HeadNames.Synthetic].Buckets["email"], after.Heads.People[HeadNames.Synthetic].Buckets["email"]);
        Assert.Equal(before.Heads.People[HeadNames.Phishing].Buckets["email"].Length + 330, after.Heads.People[HeadNames.Phishing].Buckets["email"].Length);
        Assert.Equal((before.Decisions.Synthetic.Above.Count, before.Decisions.Spam.Below), (after.Decisions.Synthetic.Above.Count, after.Decisions.Spam.Below));
        Assert.Equal(before.Decisions.Techniques, after.Decisions.Techniques);
        Assert.Contains(after.Manifest.Training, source => source is { Source: "calibrate/ham", Use: "calibrates", Rows: 330, LicenceClass: "own" });
    }

    [Fact]
    public async Task The_command_writes_a_version_and_refuses_what_would_change_one()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("people.jsonl"), Many(20, Weather, Fell).Select(message => $$"""{"id":"{{message.Id}}","text":"{{message.Text}}","channel":"email"}"""));
        Task<TheCommand> Run(params string[] args) => TheCommand.RunAsync(["calibrate", "--model", tiny.Bundle.Folder, "--bundle-version", "2", .. args]);
        var made = await Run("--human", folder.File("people.jsonl"), "--output", folder.File("two"));
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Equal($"tiny 2: 20 messages by people and 0 wanted ones added, 0 left out, in {folder.File("two")}", made.Output.Trim());
        Assert.Equal("2", Bundle.Open(folder.File("two")).Manifest.Version);
        foreach (var (args, said) in new (string[], string)[]
        {
            (["--human", folder.File("people.jsonl"), "--output", tiny.Bundle.Folder], "own folder"),
            (["--output", folder.File("three")], "--human or --ham"),
            (["--ham", folder.File("nowhere.eml"), "--output", folder.File("three")], "nowhere.eml"),
        })
        {
            var refused = await Run(args);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains(said, refused.Error, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(folder.File("three")));
    }

    private Authorship Judge(string folder)
    {
        using var pipeline = tiny.Open(Bundle.Open(folder), null);
        return pipeline.Judge([Many(1, Delve, Fosters, seed: 9_999)[0]], TestContext.Current.CancellationToken)[0].Authorship;
    }

    private static Message[] Many(int count, string[] things, string[] verbs, int seed = 5_000) => [.. Enumerable.Range(seed, count).Select(i => new Message { Id = $"m{i}", Channel = Channel.Email, Text = Text(i, things, verbs) })];

    private static string Text(int seed, string[] things, string[] verbs)
    {
        var random = new Random(seed);
        return string.Join(' ', Enumerable.Range(0, 6).Select(_ => $"the {things[random.Next(things.Length)]} {verbs[random.Next(verbs.Length)]} at number {random.Next(1000)}."));
    }
}
