using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Detection.Contracts;
using Detection.Detectors.Heads;
using Detection.Learning;

namespace Detection.Tests.Samples;

public sealed partial class SamplesTests
{
    [Fact]
    public void There_are_at_least_120_messages_with_unique_ids() =>
        Assert.True(SampleStream.Messages.Select(message => message.Id).Distinct().Count() == SampleStream.Messages.Count && SampleStream.Messages.Count >= 120);

    [Fact]
    public void Every_message_has_one_label_in_the_same_order() =>
        Assert.Equal(SampleStream.Messages.Select(message => message.Id), SampleStream.Labels.Select(label => label.Id));

    [Fact]
    public void Every_message_has_words_a_known_channel_and_no_label_of_its_own()
    {
        Assert.All(SampleStream.Messages, message =>
        {
            Assert.True(message.Text is { Length: > 0 } ^ message.Raw is { Length: > 0 }, message.Id);
            Assert.NotEqual(Channel.Other, message.Channel);
        });
        Assert.All(SampleStream.Lines("stream.jsonl"), line => Assert.DoesNotContain("\"authorship\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Time_runs_forward_in_2026()
    {
        var times = SampleStream.Messages.Select(message => message.SentAt!.Value).ToList();
        Assert.All(times, time => Assert.Equal(2026, time.Year));
        Assert.Equal(times.Order(), times);
    }

    [Theory]
    [InlineData("human-post", 30)]
    [InlineData("human-mail", 10)]
    [InlineData("newsletter", 3)]
    [InlineData("crude-spam", 10)]
    [InlineData("phishing", 10)]
    [InlineData("spear-phishing", 1)]
    [InlineData("ceo-fraud", 1)]
    [InlineData("invoice-fraud", 1)]
    [InlineData("smishing", 5)]
    [InlineData("machine-review", 5)]
    [InlineData("campaign", 10)]
    [InlineData("viral", 2)]
    [InlineData("broken-mime", 4)]
    [InlineData("hidden-text", 3)]
    [InlineData("homoglyphs", 4)]
    [InlineData("foreign-language", 2)]
    [InlineData("too-short", 2)]
    [InlineData("password-notice", 1)]
    [InlineData("receipt", 1)]
    public void The_stream_holds_every_kind(string kind, int atLeast) =>
        Assert.True(SampleStream.Labels.Count(label => label.Kind == kind) >= atLeast, kind);

    [Fact]
    public void Techniques_are_heads_of_the_taxonomy() =>
        Assert.Subset(Taxonomy.Techniques.Select(technique => technique.Name).ToHashSet(), SampleStream.Labels.SelectMany(label => label.Techniques).ToHashSet());

    [Fact]
    public void Human_means_a_named_permissive_document_kept_for_calibration()
    {
        Assert.Equal(SampleStream.Labels.Where(label => label.Authorship == DecidedAuthor.Human).Select(label => label.Id), SampleStream.Sources.Select(source => source.Id));
        Assert.All(SampleStream.Sources, source =>
        {
            Assert.True(DataLicences.Current.Allows(source.Source, LicenceClass.Permissive), source.Id);
            Assert.NotEmpty(source.Repository);
            Assert.NotEmpty(source.Licence);
            Assert.Equal(0, source.Bucket);
            Assert.Equal(0ul, ulong.Parse(source.Sha256.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 10);
        });
    }

    [Fact]
    public void A_whole_document_still_has_the_hash_it_is_listed_under()
    {
        var whole = SampleStream.Lines("SOURCES.md").Where(line => line.EndsWith("| whole |", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.True(whole.Count >= 30);
        Assert.All(whole, cells =>
        {
            string text = SampleStream.Messages.Single(message => message.Id == cells[1]).Text!;
            Assert.Equal(cells[5], Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text))));
            Assert.Equal(CorpusUse.Calibration, CorpusSplit.UseOf(text));
        });
    }

    [Fact]
    public void The_documents_used_are_excluded_from_calibration() =>
        Assert.Equal(SampleStream.Sources.Select(source => source.Sha256).Order(StringComparer.Ordinal), SampleStream.Lines("exclude.txt"));

    [Fact]
    public void What_is_not_from_a_person_says_machine_or_nothing() =>
        Assert.All(SampleStream.Labels.Where(label => !label.Kind.StartsWith("human-", StringComparison.Ordinal)), label => Assert.NotEqual(DecidedAuthor.Human, label.Authorship));

    [Fact]
    public void The_campaign_is_many_accounts_within_an_hour()
    {
        var posts = SampleStream.Labels.Where(label => label.Campaign is not null).Select(label => SampleStream.Messages.Single(message => message.Id == label.Id)).ToList();
        Assert.Equal(posts.Count, posts.Select(post => post.Author!.Id).Distinct().Count());
        Assert.Equal(posts.Count, posts.Select(post => post.Text).Distinct().Count());
        Assert.True(posts.Max(post => post.SentAt) - posts.Min(post => post.SentAt) < TimeSpan.FromHours(1));
    }

    [Fact]
    public void Links_and_addresses_use_reserved_domains_only()
    {
        foreach (var message in SampleStream.Messages)
        {
            // A soft line break of quoted-printable may stand in the middle of a host.
            string words = message.Raw?.Replace("=\r\n", "", StringComparison.Ordinal) ?? $"{message.Text} {string.Join(' ', message.Urls ?? [])}";
            foreach (Match host in Hosts().Matches(words))
                Assert.True(host.Groups[1].Value.Split('.')[^1].ToLowerInvariant() is "example" or "test" or "invalid", $"{message.Id}: {host.Value}");
        }
    }

    [Fact]
    public void The_mail_files_are_messages_of_the_stream_byte_for_byte()
    {
        var labelled = SampleStream.Labels.Where(label => label.File is not null).ToList();
        Assert.True(labelled.Count >= 12);
        Assert.Equal(labelled.Select(label => Path.GetFileName(label.File!)).Order(StringComparer.Ordinal), Directory.GetFiles(SampleStream.File("mail")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.All(labelled, label =>
        {
            var message = SampleStream.Messages.Single(one => one.Id == label.Id);
            Assert.Equal("latin1", message.RawEncoding);
            Assert.Equal(Encoding.Latin1.GetBytes(message.Raw!), File.ReadAllBytes(SampleStream.File(label.File!)));
        });
    }

    /// <summary>The host of a link or a mail address.</summary>
    [GeneratedRegex("""(?:https?://|[\w.+-]@)([a-z0-9-]+(?:\.[a-z0-9-]+)+)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Hosts();
}
