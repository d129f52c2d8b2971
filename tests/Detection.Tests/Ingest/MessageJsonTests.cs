using System.Text;
using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class MessageJsonTests
{
    [Fact]
    public void Aliases_are_read_and_unknown_fields_are_not()
    {
        var message = Parse("""{"id":"1","text":"x","domain":"reddit-2013","timestamp":"2024-05-06T07:08:09+02:00","author":"u_1","labels":["spam"],"split":"train","nested":{"text":5}}""");
        Assert.Equal((Channel.Forum, new DateTimeOffset(2024, 5, 6, 5, 8, 9, TimeSpan.Zero), "u_1"), (message.Channel, message.SentAt, message.Author!.Id));
    }

    [Theory]
    [InlineData("""{"text":5}""", "text")]
    [InlineData("""{"id":"1"}""", "text, html, raw")]
    [InlineData("""{"text":"x","sentAt":"yesterday"}""", "sentAt")]
    [InlineData("""{"text":"x","timestamp":"soon"}""", "timestamp")]
    [InlineData("""{"text":"x","recipients":[{"name":"a"},{"name":7}]}""", "recipients[1].name")]
    [InlineData("""[1]""", "no JSON object")]
    [InlineData("""{"text":"x"} {}""", "more")]
    [InlineData("""{"text":"x",}""", "line 1")]
    [InlineData("", "Not JSON")]
    public void What_is_wrong_is_named(string json, string named) => Assert.Contains(named, Assert.Throws<IngestException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused() =>
        Assert.Contains("UTF-8", Assert.Throws<IngestException>(() => MessageJson.Parse((byte[])[.. "{\"text\":\""u8, 0xE9, .. "\"}"u8])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""\ud83d""", "\uFFFD")]
    [InlineData("""\ud83d\ude00""", "😀")]
    [InlineData("""\ude00\ud83d!""", "\uFFFD\uFFFD!")]
    [InlineData("""\ud83d\ud83d\ude00""", "\uFFFD😀")]
    [InlineData("""\\ud83d""", @"\ud83d")]
    [InlineData("""\u0041\"\\""", "A\"\\")]
    public void Half_a_surrogate_pair_does_not_refuse_the_message(string escaped, string text) => Assert.Equal(text, Parse("{\"text\":\"" + escaped + "\"}").Text);

    [Fact]
    public void Many_name_the_element_that_is_wrong()
    {
        Assert.Equal(["a", "b"], MessageJson.ParseMany("""[{"text":"a"},{"text":"b"}]"""u8).Select(message => message.Text));
        Assert.Equal("a", Assert.Single(MessageJson.ParseMany("""{"text":"a"}"""u8)).Text);
        Assert.Contains("[1].text", Assert.Throws<IngestException>(() => MessageJson.ParseMany("""[{"text":"a"},{"text":[]}]"""u8)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"text":"x","links":[null]}""", "links[0]")]
    [InlineData("""{"text":"x","links":[{"text":"a","target":"b"},{"text":"a"}]}""", "links[1]")]
    [InlineData("""{"text":"x","urls":["a",null]}""", "urls[1]")]
    [InlineData("""{"text":"x","headers":[{"name":"a"}]}""", "headers[0]")]
    [InlineData("""{"text":"x","facts":[{}]}""", "facts[0]")]
    [InlineData("""{"text":"x","recipients":[null]}""", "recipients[0]")]
    public void A_hole_in_a_list_is_named(string json, string named) =>
        Assert.Contains(named, Assert.Throws<IngestException>(() => MessageExtraction.Extract(Parse(json), new IngestOptions())).Message, StringComparison.Ordinal);

    [Fact]
    public void Any_fields_with_any_values_give_a_message_or_a_reason()
    {
        var value = Pick.Of("null", "1", "\"x\"", "\"<p>x\"", "[]", "[null]", "{}", "[{}]", "[\"x\"]", "{\"name\":null}", "[{\"text\":\"www.a.example\",\"target\":\"http://b.example\"}]", "\"2024-01-01\"", "\"\\ud800\"", "true");
        var field = Pick.Of("id", "text", "html", "raw", "rawEncoding", "subject", "author", "recipients", "replyTo", "sentAt", "timestamp", "receivedAt", "language", "urls", "attachments", "headers", "links", "hidden", "authentication", "channel", "domain", "source", "facts");
        Gen.Select(field, value).Array[0, 6].Sample(fields => Extract(Encoding.UTF8.GetBytes("{" + string.Join(",", fields.Select(one => $"\"{one.Item1}\":{one.Item2}")) + "}")));
        Gen.Byte.Array[0, 60].Sample(Extract);

        static void Extract(byte[] json)
        {
            try { Assert.NotNull(MessageExtraction.Extract(MessageJson.Parse(json), new IngestOptions()).Text); }
            catch (IngestException) { }
        }
    }

    private static Message Parse(string json) => MessageJson.Parse(Encoding.UTF8.GetBytes(json));
}
