using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.Detectors.Spans;

namespace Detection.Tests.Detectors;

public sealed class HeadFileTests
{
    [Fact]
    public void What_is_written_is_read_again_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        var file = Some();
        file.Write(path);
        var read = HeadFile.Read(path);
        Assert.Equal(file.Heads.Mean, read.Heads.Mean);
        Assert.Equal(file.Heads.Heads.Select(head => head.Name), read.Heads.Heads.Select(head => head.Name));
        Assert.Equal(file.Heads.Heads[1].Words, read.Heads.Heads[1].Words);
        Assert.Equal(file.People["spam"].Buckets["all"], read.People["spam"].Buckets["all"]);
        byte[] first = File.ReadAllBytes(path);
        file.Write(path);
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("spam.bias")]
    [InlineData("features.deviation")]
    [InlineData("words.rarity")]
    public void A_missing_tensor_is_refused_by_name(string name)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        Some().Write(path);
        using (var whole = SafetensorsFile.Open(path))
        {
            var kept = whole.Tensors.Values.Where(tensor => tensor.Name != name).Select(tensor =>
            {
                float[] values = new float[tensor.Count];
                whole.Read(tensor.Name, values);
                return new NamedTensor(tensor.Name, tensor.Shape, values);
            }).ToArray();
            SafetensorsWriter.Write(path, kept);
        }
        Assert.Contains(name, Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_margin_is_the_weighted_sum_of_what_stands_out()
    {
        var heads = Some().Heads;
        float[] margins = heads.Margins(new TextFeatures([3, 2], new WordVector([5], [1])));
        // (3 − 1) / 2 = 1 and (2 − 2) / 1 = 0; the one word has length 1.
        Assert.Equal(1 * 0.5f + 0.25f, margins[0], 1e-6f);
        Assert.Equal(1 * -1f + 0 + 2f, margins[1], 1e-6f);
    }

    [Fact]
    public void A_channel_with_a_calibration_of_its_own_takes_it()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        var some = Some();
        var own = new Dictionary<Channel, Platt> { [Channel.Sms] = new Platt(2, -1) };
        (some with { Heads = some.Heads.With([.. some.Heads.Heads.Select(head => head with { OfChannel = own })]) }).Write(path);
        var head = HeadFile.Read(path).Heads.Heads[0];
        Assert.Equal((1 / (1 + Math.Exp(-5)), head.Calibration.Probability(3)), (head.Probability(Channel.Sms, 3), head.Probability(Channel.Email, 3)));
        Assert.NotEqual(head.Probability(Channel.Sms, 3), head.Probability(Channel.Email, 3));
    }

    [Fact]
    public void Structure_and_grams_are_read_again_and_count()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        WithMail().Write(path);
        var heads = HeadFile.Read(path).Heads;
        float[] structure = [.. StructuralFeatures.Names.Select((_, i) => i == 0 ? 0.5f : 0)];
        var features = new TextFeatures([3, 2], WordVector.None) { Grams = new WordVector([7], [1]), Structure = structure };
        // The one gram has length 1 and weight 3; half an observation of weight 1.
        Assert.Equal(-1 + 3 + 0.5f, heads.Margins(features)[0], 1e-6f);
        Assert.Equal(-1f, heads.Margins(new TextFeatures([3, 2], WordVector.None))[0], 1e-6f);
    }

    [Fact]
    public void A_word_counts_in_any_channel_and_once_more_in_its_own()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        var mail = WithMail();
        float[] words = new float[2 * WordVocabulary.FoldedPlaces], grams = new float[2 * CharacterGrams.Buckets];
        (words[5], words[OwnWords.Place(5, Channel.Sms, WordVocabulary.FoldedPlaces)]) = (2, 3);
        (grams[7], grams[OwnWords.Place(7, Channel.Sms, CharacterGrams.Buckets)]) = (10, 30);
        (words[OwnWords.Place(5, Channel.Chat, WordVocabulary.FoldedPlaces)], grams[OwnWords.Place(7, Channel.Chat, CharacterGrams.Buckets)]) = (500, 700);
        (mail with { Heads = mail.Heads.With([mail.Heads.Heads[0] with { Dense = [0, 0], Words = words, Grams = grams, Own = new HashSet<Channel> { Channel.Sms, Channel.Email } }]) }).Write(path);
        var heads = HeadFile.Read(path).Heads;
        float Margin(Channel channel, int word, int gram) => heads.Margins(new TextFeatures([1, 2], new WordVector([word], [1])) { Grams = new WordVector([gram], [1]), Channel = channel })[0];
        Assert.Equal((2 + 3 + 10 + 30, 2 + 10, 2 + 10, 0), (Margin(Channel.Sms, 5, 7), Margin(Channel.Email, 5, 7), Margin(Channel.Other, 5, 7), Margin(Channel.Sms, 6, 8)));
        // Chats did not teach the head: what stands at their places is of others.
        Assert.Equal(2 + 10, Margin(Channel.Chat, 5, 7));
        Replace(path, "spam.channels", [2.5f]);
        Assert.Contains("spam.channels", Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
        Replace(path, "spam.channels", null);
        Assert.Equal(OwnWords.Channels, HeadFile.Read(path).Heads.Heads[0].Own); // as older programs wrote it
        Replace(path, "spam.words", new float[WordVocabulary.FoldedPlaces + 1]);
        Assert.Contains("spam.words", Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_channel_that_did_not_teach_it_a_head_gives_way_to_the_one_for_such_channels()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        var some = Some();
        var head = some.Heads.Heads[0];
        float[] words = new float[WordVocabulary.FoldedPlaces];
        words[5] = 4;
        var elsewhere = new Head(head.Name, [.. head.Dense.Select(_ => 0f)], words, 1, new Platt(2, -3));
        var own = new Dictionary<Channel, Platt> { [Channel.Sms] = new Platt(3, 1) };
        (some with { Heads = some.Heads.With([head with { Own = own.Keys.ToHashSet(), OfChannel = own, Elsewhere = elsewhere }, .. some.Heads.Heads.Skip(1)]) }).Write(path);
        var heads = HeadFile.Read(path).Heads;
        float Margin(HeadSet of, Channel channel) => of.Margins(new TextFeatures([1, 2], new WordVector([5], [1])) { Channel = channel })[0];
        Assert.Equal((Margin(some.Heads, Channel.Sms), 5f, 5f), (Margin(heads, Channel.Sms), Margin(heads, Channel.Chat), Margin(heads, Channel.Other)));
        Assert.Equal((new Platt(3, 1).Probability(0.5f), new Platt(2, -3).Probability(0.5f)), (heads.Heads[0].Probability(Channel.Sms, 0.5f), heads.Heads[0].Probability(Channel.Chat, 0.5f)));
        Assert.Equal(some.Heads.Heads.Count, heads.Heads.Count);
        Replace(path, head.Name + ".elsewhere.bias", [1, 2]);
        Assert.Contains(head.Name + ".elsewhere.bias", Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_two_words_of_a_channel_share_a_place_and_no_two_channels_all_of_them()
    {
        int[][] places = [.. ChannelNames.All.Select(channel => Enumerable.Range(0, WordVocabulary.FoldedPlaces).Select(bucket => OwnWords.Place(bucket, channel, WordVocabulary.FoldedPlaces)).ToArray())];
        Assert.All(places, of => Assert.Equal((WordVocabulary.FoldedPlaces, WordVocabulary.FoldedPlaces, 2 * WordVocabulary.FoldedPlaces - 1), (of.Distinct().Count(), of.Min(), of.Max())));
        Assert.Equal(places.Length, places.Select(of => of[0]).Distinct().Count());
    }

    [Fact]
    public void Heads_that_point_at_places_are_read_again_and_files_without_them_as_before()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        (Some() with { Spans = Pointing() }).Write(path);
        var read = HeadFile.Read(path);
        var head = Assert.Single(read.Spans!.Heads);
        Assert.Equal((4, "loaded_language", 0.5f, new SpanRule(1, -0.25f, 2.5f, 3, 2)), (read.Spans.Layer, head.Technique, head.Bias, head.Rule));
        Assert.Equal([1f, 2, 3, 4], head.Weights);
        // What an older program looks for is all there.
        Assert.Equal(["synthetic", "spam"], read.Heads.Heads.Select(one => one.Name));
        Some().Write(path);
        Assert.Null(HeadFile.Read(path).Spans);
    }

    [Theory]
    [InlineData("spans.layer", new[] { 0.5f })]
    [InlineData("loaded_language.span", new[] { 1f, 2, 3, 4 })]
    [InlineData("loaded_language.span.rule", new[] { 0f, 0, 0, 1e9f, 0 })]
    [InlineData("loaded_language.span.rule", new[] { 0f, 0, 0, 0 })]
    public void Heads_that_cannot_point_are_refused_by_name(string name, float[] wrong)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        (Some() with { Spans = Pointing() }).Write(path);
        Replace(path, name, wrong);
        Assert.Contains(name, Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Structure_of_another_program_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        WithMail().Write(path);
        Replace(path, "spam.structure", [0]);
        Assert.Contains("spam.structure", Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_model_has_read_counts_as_the_mean() => Assert.Equal([0f, 1], Some().Heads.Standardise([float.NaN, 3]));

    [Fact]
    public void Products_of_criteria_add_to_the_margin_and_survive_the_file()
    {
        int length = CriteriaFeatures.Names.Count + SurfaceFeatures.Names.Count;
        float[] weights = new float[CriteriaProducts.Count];
        (weights[0], weights[1]) = (1, 10); // the square of the first criterion, and its product with the second
        var heads = new HeadFile(new HeadSet(new float[length], [.. Enumerable.Repeat(1f, length)], WordVocabulary.Folded(new float[WordVocabulary.FoldedPlaces]),
            [new Head("synthetic", new float[length], [], 0.5f, new Platt(1, 0)) { Products = weights }]), new Dictionary<string, HumanScores>());
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "heads.safetensors");
        heads.Write(path);
        float[] dense = new float[length];
        (dense[0], dense[1]) = (3, -2);
        Assert.Equal(9 - 60 + 0.5f, Assert.Single(HeadFile.Read(path).Heads.Margins(new TextFeatures(dense, WordVector.None))));
        (dense[0], dense[1]) = (HeadSet.Furthest, HeadSet.Furthest);
        Assert.Equal(16 + 160 + 0.5f, Assert.Single(HeadFile.Read(path).Heads.Margins(new TextFeatures(dense, WordVector.None))));
        Replace(path, "synthetic.products", [1, 2]);
        Assert.Contains("synthetic.products", Assert.Throws<CheckpointException>(() => HeadFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_odd_feature_does_not_decide() =>
        Assert.Equal(HeadSet.Furthest, Some().Heads.Standardise([1e9f, 2])[0]);

    [Fact]
    public void False_positive_rates_count_the_people_who_score_as_high_in_the_narrowest_bucket_that_has_enough()
    {
        var people = HumanScores.From(
        [
            .. Enumerable.Range(0, 400).Select(i => (Channel.Email, 100, (float)i)),
            .. Enumerable.Range(0, 20).Select(i => (Channel.Email, 900, 1000f + i)),
            .. Enumerable.Range(0, 20).Select(i => (Channel.Sms, 50, -1f)),
        ]);
        Assert.Equal(new FalsePositiveRate(11 / 401.0, 400, "email/under-200"), people.RateOf(Channel.Email, 150, 390));
        Assert.Equal("email", people.BucketOf(Channel.Email, 900));
        Assert.Equal("all", people.BucketOf(Channel.Sms, 50));
        Assert.Equal(1 / 441.0, people.RateOf(Channel.Sms, 50, 5000f)!.Rate, 1e-12);
        Assert.Null(new HumanScores(new Dictionary<string, float[]>()).RateOf(Channel.Sms, 50, 0));
    }

    [Fact]
    public void Where_nobody_in_a_bucket_scores_as_high_the_wider_bucket_of_the_channel_says_how_rare_that_is()
    {
        var people = HumanScores.From(
        [
            .. Enumerable.Range(0, 400).Select(i => (Channel.Email, 100, (float)i)),
            .. Enumerable.Range(0, 300).Select(i => (Channel.Email, 300, 1000f + i)),
            .. Enumerable.Range(0, 1000).Select(i => (Channel.Sms, 50, 0f)),
        ]);
        Assert.Equal(new FalsePositiveRate(1 / 401.0, 400, "email/under-200"), people.RateOf(Channel.Email, 100, 500)); // 300 other mails score higher
        Assert.Equal(new FalsePositiveRate(1 / 701.0, 700, "email"), people.RateOf(Channel.Email, 300, 2000)); // not 1 in 1,701: short messages of telephones say nothing about mail
        Assert.Equal(new FalsePositiveRate(1 / 1701.0, 1700, "all"), people.RateOf(Channel.Other, 300, 2000));
        Assert.Equal([700, 1000, 0, 1700], new[] { Channel.Email, Channel.Sms, Channel.Chat, Channel.Other }.Select(people.MessagesOf));
    }

    [Fact]
    public void A_further_stretch_of_a_document_counts_only_among_texts_of_its_length()
    {
        var people = HumanScores.From([.. Enumerable.Range(0, 300).Select(i => (Channel.Document, 100, (float)i))], [.. Enumerable.Range(0, 300).Select(i => (Channel.Document, 900, (float)i))]);
        Assert.Equal([("document/600-1600", 300), ("document/under-200", 300), ("document", 300), ("all", 300)],
            new[] { "document/600-1600", "document/under-200", "document", "all" }.Select(bucket => (bucket, people.Buckets[bucket].Length)));
    }

    [Fact]
    public void A_higher_margin_never_has_a_higher_rate()
    {
        var random = new Random(Seed: 3);
        for (int round = 0; round < 20; round++)
        {
            var people = HumanScores.From([.. Enumerable.Range(0, 3_000).Select(_ => (random.Next(3) switch { 0 => Channel.Email, 1 => Channel.Sms, _ => Channel.Other }, random.Next(2_000), (float)random.Next(50)))]);
            foreach (var channel in new[] { Channel.Email, Channel.Sms, Channel.Other, Channel.Chat })
            {
                double[] rates = [.. Enumerable.Range(-1, 53).Select(margin => people.RateOf(channel, 400, margin)!.Rate)];
                Assert.Equal(rates.OrderDescending(), rates);
            }
        }
    }

    /// <param name="by">Null: the tensor is gone.</param>
    internal static void Replace(string path, string name, float[]? by)
    {
        NamedTensor[] tensors;
        using (var whole = SafetensorsFile.Open(path))
            tensors = [.. whole.Tensors.Values.Where(tensor => by is not null || tensor.Name != name).Select(tensor =>
            {
                float[] values = new float[tensor.Count];
                whole.Read(tensor.Name, values);
                return tensor.Name == name ? new NamedTensor(name, [by!.Length], by) : new NamedTensor(tensor.Name, tensor.Shape, values);
            })];
        SafetensorsWriter.Write(path, tensors);
    }

    private static SpanHeads Pointing() => new(4, [new SpanHead("loaded_language", [1, 2, 3, 4], 0.5f, new SpanRule(1, -0.25f, 2.5f, 3, 2))]);

    private static HeadFile WithMail() => new(
        new HeadSet([1, 2], [2, 1], WordVocabulary.Folded([.. Enumerable.Repeat(1f, WordVocabulary.FoldedPlaces)]),
            [new Head("spam", [-1, 1], [], 0, new Platt(2, -1)) { Grams = [.. Enumerable.Range(0, CharacterGrams.Buckets).Select(i => i == 7 ? 3f : 0)], Structure = [.. Enumerable.Repeat(1f, StructuralFeatures.Count)] }])
        { GramRarity = [.. Enumerable.Repeat(1f, CharacterGrams.Buckets)] },
        new Dictionary<string, HumanScores>());

    internal static HeadFile Some() => new(
        new HeadSet([1, 2], [2, 1], WordVocabulary.Folded([.. Enumerable.Repeat(1f, WordVocabulary.FoldedPlaces)]),
        [
            new Head("synthetic", [0.5f, 0], [], 0.25f, new Platt(1, 0)),
            new Head("spam", [-1, 1], [.. Enumerable.Range(0, WordVocabulary.FoldedPlaces).Select(i => i == 5 ? 2f : 0)], 0, new Platt(2, -1)),
        ]),
        new Dictionary<string, HumanScores> { ["spam"] = HumanScores.From([(Channel.Email, 10, 0.5f), (Channel.Email, 10, -0.5f)]) });
}
