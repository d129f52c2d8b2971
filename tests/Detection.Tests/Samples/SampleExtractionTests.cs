using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Samples;

/// <summary>The samples as ingest reads them.</summary>
public sealed class SampleExtractionTests
{
    private static readonly Lazy<IReadOnlyList<IngestItem>> Stream = new(() => Read("stream.jsonl"));

    [Fact]
    public void Every_message_is_read_in_order_without_error()
    {
        Assert.All(Stream.Value, item => Assert.True(item.Error is null, $"{item.Place}: {item.Error}"));
        Assert.Equal(SampleStream.Messages.Select(message => message.Id), Stream.Value.Select(item => item.Message!.Id));
    }

    [Fact]
    public void Every_message_has_words() =>
        Assert.All(Stream.Value, item => Assert.False(string.IsNullOrWhiteSpace(item.Message!.Text), item.Message.Id));

    [Fact]
    public void Hidden_text_is_kept_as_a_fact() =>
        Assert.All(OfKind("hidden-text"), message => Assert.True(message.Hidden is { Count: > 0 }, message.Id));

    [Fact]
    public void Nothing_but_the_hidden_text_samples_hides_anything() =>
        Assert.Equal(OfKind("hidden-text").Select(message => message.Id), Stream.Value.Where(item => item.Message!.Hidden is { Count: > 0 }).Select(item => item.Message!.Id));

    [Fact]
    public void A_link_that_shows_the_companys_own_address_leads_elsewhere()
    {
        var mail = Stream.Value.Single(item => item.Message!.Subject == "Mailbox migration tonight, please register your device").Message!;
        var link = Assert.Single(mail.Links!);
        Assert.Equal("https://portal.tannhof.example/migration", link.Text);
        Assert.Equal("https://portal.tannhof-it.invalid/migration", link.Target);
    }

    [Fact]
    public void Every_link_target_is_a_reserved_domain() =>
        Assert.All(Stream.Value.SelectMany(item => item.Message!.Urls ?? []), url =>
        {
            string host = new Uri(url).Host;
            Assert.True(host.EndsWith(".example", StringComparison.Ordinal) || host.EndsWith(".invalid", StringComparison.Ordinal) || host.Length == 0, url);
        });

    [Fact]
    public void The_mail_folder_reads_as_the_same_messages()
    {
        var labels = SampleStream.Labels.Where(label => label.File is not null).OrderBy(label => label.File, StringComparer.Ordinal).ToList();
        var mails = Read("mail");
        Assert.All(mails, item => Assert.True(item.Error is null, $"{item.Place}: {item.Error}"));
        Assert.Equal(labels.Select(label => Extracted(label.Id).Text), mails.Select(item => item.Message!.Text));
    }

    private static IEnumerable<Message> OfKind(string kind) => SampleStream.Labels.Where(label => label.Kind == kind).Select(label => Extracted(label.Id));

    private static Message Extracted(string id) => Stream.Value.Single(item => item.Message!.Id == id).Message!;

    private static IReadOnlyList<IngestItem> Read(string name) => [.. MessageSources.Read([SampleStream.File(name)], new IngestOptions(), System.IO.Stream.Null)];
}
