using CsCheck;
using Detection.Contracts;
using Detection.Detectors.Explaining;
using Detection.Detectors.Heads;
using Detection.Ingest;
using Detection.Text;

namespace Detection.Tests.Detectors;

public sealed class StructuralEvidenceTests
{
    [Theory]
    [InlineData("Please sign in to confirm your account.", "asks-credentials")]
    [InlineData("You will be asked to enter your password once.", "asks-credentials")]
    [InlineData("Could you please transfer the amount to our new bank?", "asks-payment")]
    [InlineData("Congratulations, you have been selected to receive a prize!", "reward-offer")]
    [InlineData("Otherwise your account will be suspended.", "threat")]
    [InlineData("please subscribe to my channel", "asks-visit")]
    [InlineData("txt WIN to 87121 now", "asks-contact")]
    [InlineData("Dear valued customer", "impersonal-greeting")]
    [InlineData("To open it, please confirm with your work email and password.", "asks-secret")]
    [InlineData("Have your 12-word recovery phrase at hand.", "asks-secret")]
    [InlineData("From now on please use our new account with another bank.", "new-bank-details")]
    [InlineData("Please keep this between us.", "asks-secrecy")]
    [InlineData("V\u0435rify your \u0430ccount", "asks-credentials")]   // Cyrillic letters
    public void What_a_text_asks_for_is_named(string text, string name) => Assert.Contains(name, Names(new Message { Text = text }));

    [Theory]
    [InlineData("The rain stopped and we walked home along the river.")]
    [InlineData("")]
    [InlineData("password")]
    [InlineData("Update: the walk along the old canal, the mill and both of the bridges is described in the account of the society.")]
    public void What_asks_for_nothing_is_not(string text) => Assert.Empty(Names(new Message { Text = text }));

    [Fact]
    public void Haste_with_a_link_and_an_ask_that_leads_away_are_named()
    {
        var message = new Message { Text = "Your account will be suspended. Please sign in to confirm your account: https://elsewhere.example/x", Author = new Author("1", "A", "a@firm.example") };
        Assert.Contains(StructuralEvidence.UrgencyWithLink, Names(message));
        Assert.Contains(StructuralEvidence.AsksElsewhere, Names(message));
        Assert.DoesNotContain(StructuralEvidence.AsksElsewhere, Names(message with { Author = new Author("1", "A", "a@elsewhere.example") }));
        Assert.DoesNotContain(StructuralEvidence.AsksElsewhere, Names(message with { Author = null }));
    }

    [Fact]
    public void Every_observation_is_a_feature_between_0_and_1()
    {
        Evidence[] observed = [.. StructuralFeatures.Names.Select((name, at) => new Evidence(name, at, 0, "", []))];
        float[] features = StructuralFeatures.Of(observed);
        Assert.Equal(StructuralFeatures.Count, features.Length);
        Assert.All(features, value => Assert.InRange(value, 0, 1));
        Assert.Equal(1 - MathF.Exp(-1), features[1], 1e-6f);
        Assert.Equal(0, features[0]);
    }

    [Fact]
    public void The_year_the_list_and_the_presence_of_headers_say_nothing()
    {
        var bare = new Message { Text = "See you at five." };
        var full = bare with
        {
            SentAt = DateTimeOffset.UnixEpoch,
            Author = new Author("1", "Ann", "ann@firm.example"),
            Headers = [new Header("X-Mailer", "Outlook Express"), new Header("List-Id", "<x.example>"), new Header("DKIM-Signature", "v=1"), new Header("Precedence", "bulk")],
            Authentication = new Authentication("pass", "pass", "pass"),
        };
        var options = new IngestOptions { TrustedReceivers = ["mx.firm.example"] };
        Assert.Equal(Features(bare, options), Features(full, options));
    }

    [Fact]
    public void Signs_that_no_data_set_can_teach_start_from_what_is_known_and_only_for_mail()
    {
        int place = StructuralFeatures.Names.ToList().IndexOf("look-alike-domain");
        Assert.True(StructuralFeatures.Prior(HeadNames.Phishing)[place] > StructuralFeatures.Prior(HeadNames.Spam)[place]);
        Assert.All(StructuralFeatures.Prior(HeadNames.Synthetic), weight => Assert.Equal(0, weight));
        Assert.All(StructuralFeatures.Prior(HeadNames.Phishing), weight => Assert.True(weight >= 0));
    }

    [Fact]
    public void Any_text_has_finite_features() => Gen.String.Sample(text =>
    {
        var judged = JudgedText.From(text).Normalised;
        Assert.All(StructuralFeatures.Of(StructuralEvidence.Of(new Message { Text = text }, judged)), value => Assert.InRange(value, 0, 1));
        var grams = CharacterGrams.Of(text, judged.Text);
        Assert.All(grams.Bucket, bucket => Assert.InRange(bucket, 0, CharacterGrams.Buckets - 1));
        Assert.Equal(grams.Bucket.Length, grams.Bucket.Distinct().Count());
    });

    [Fact]
    public void A_very_long_text_costs_little() => ThreadTime.Within("asks", TimeSpan.FromSeconds(20), () =>
    {
        string text = string.Concat(Enumerable.Repeat("verify account click here ", 40_000));
        Assert.Contains("asks-credentials", Names(new Message { Text = text }));
        Assert.True(CharacterGrams.Of(null, text).Bucket.Length < 100);
    });

    [Theory]
    [InlineData("Verify 123", "verify 987")]
    public void Grams_know_no_capitals_and_no_digits(string one, string other) => Assert.Equal(CharacterGrams.Of(null, one).Bucket, CharacterGrams.Of(null, other).Bucket);

    [Fact]
    public void A_misspelt_word_shares_grams_with_the_right_one()
    {
        int[] right = CharacterGrams.Of(null, "subscribe").Bucket, wrong = CharacterGrams.Of(null, "subscrybe").Bucket;
        Assert.InRange(right.Intersect(wrong).Count(), 8, right.Length - 1);
    }

    private static string[] Names(Message message)
    {
        var read = MessageExtraction.Extract(message, new IngestOptions());
        return [.. StructuralEvidence.Of(read, JudgedText.From(read.Text!).Normalised).Where(one => one.Signal != NormalisationChange.Confusable).Select(one => one.Signal)];
    }

    private static float[] Features(Message message, IngestOptions options)
    {
        var read = MessageExtraction.Extract(message, options);
        return StructuralFeatures.Of(StructuralEvidence.Of(read, JudgedText.From(read.Text!).Normalised));
    }
}
