using System.Text.Json;
using CsCheck;
using Detection.Contracts;

namespace Detection.Tests.Contracts;

public sealed class ContractJsonTests
{
    [Fact]
    public void Times_are_utc_with_seven_digits()
    {
        var message = new Message { Text = "x", SentAt = new DateTimeOffset(2026, 1, 31, 9, 30, 0, TimeSpan.FromHours(1)) };
        Assert.Contains("\"sentAt\":\"2026-01-31T08:30:00.0000000Z\"", JsonSerializer.Serialize(message, ContractJson.Sparse), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"tweet\"", Channel.Social)]
    [InlineData("\"essay-toefl\"", Channel.Document)]
    [InlineData("\"Email\"", Channel.Email)]
    [InlineData("\"never heard of\"", Channel.Other)]
    [InlineData("{\"a\":[1]}", Channel.Other)]
    [InlineData("7", Channel.Other)]
    public void A_channel_is_never_a_reason_to_refuse(string json, Channel channel) =>
        Assert.Equal(channel, JsonSerializer.Deserialize<Message>($"{{\"text\":\"x\",\"channel\":{json}}}", ContractJson.Options)!.Channel);

    [Fact]
    public void A_plain_string_author_is_an_id() =>
        Assert.Equal(new Author("u1"), JsonSerializer.Deserialize<Message>("""{"text":"x","author":"u1"}""", ContractJson.Options)!.Author);

    [Fact]
    public void Authorship_and_mail_have_their_contract_names()
    {
        Assert.Equal("\"too-short\"", JsonSerializer.Serialize(Authorship.TooShort, ContractJson.Options));
        Assert.Equal("\"phishing\"", JsonSerializer.Serialize(MailKind.Phishing, ContractJson.Options));
    }

    [Fact]
    public void Token_scores_survive_packing() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[0, 60], Gen.Float[-40, 0], Gen.Int[-1, 200_000], Gen.Float[0, 11]).Array[0, 50].Sample(tokens =>
        {
            var map = new TokenScoreMap([.. tokens.Select(t => t.Item1)], [.. tokens.Select(t => t.Item1 + t.Item2)], [.. tokens.Select(t => t.Item3)], [.. tokens.Select(t => t.Item4)], [.. tokens.Select(t => t.Item5)]);
            var back = JsonSerializer.Deserialize<TokenScoreMap>(JsonSerializer.Serialize(map, ContractJson.Options), ContractJson.Options)!;
            Assert.Equal(map.Start, back.Start);
            Assert.Equal(map.End, back.End);
            Assert.Equal(map.Rank, back.Rank);
            Assert.All(map.LogProb.Zip(back.LogProb), pair => Assert.Equal(pair.First, pair.Second, 0.02f));
        });

    [Fact]
    public void Damaged_token_scores_are_refused() =>
        Gen.Byte.Array[0, 64].Sample(bytes =>
        {
            try { TokenScoreMap.Unpack(bytes); }
            catch (FormatException) { }
        });
}
