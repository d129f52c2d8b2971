using CsCheck;
using Detection.Text;

namespace Detection.Tests.Text;

public class TextNormaliserTests
{
    // Everything that some rule looks at, so that rules meet.
    private static readonly string[] Parts =
    [
        "a", "b", "I", " ", "\n", "\t", "\r\n", "\u00a0", "\u2009", "\u3000", "\u200b", "\u200c", "\u200d", "\ufe0f", "\ufe00", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u200f",
        "\u2066", "\u0301", "\u0323", "e", "\u00e9", "\u0430", "\u0435", "\u0436", "\u03bf", "\u03a9", "\u0627", "\u0915\u094d", "漢", "한", "\u1112\u1161", "\uff41", "𝖍", "Ⓐ", "😀", "👩",
        "🏴", "\U000e0067", "\U000e0100", "\ud83d", "\ude00", "\u0001", "\u0092", "\u0081", "\ufffe", "\u2800", "\u3164", "\u212b", "\u1160", "\u0e01", "7", "#", "'", ".",
    ];

    private static readonly Gen<string> Odd = Gen.OneOf(Gen.String, Gen.Int[0, Parts.Length - 1].Array[0, 25].Select(chosen => string.Concat(chosen.Select(part => Parts[part]))));

    [Theory]
    [InlineData("  two\r\n\r\nlines\tand\u00a0a\fpage ", "two lines and a page")]
    [InlineData("cafe\u0301", "café")]
    [InlineData("pay\u200bpal\u00ad.com", "paypal.com")]
    [InlineData("\u202eevil\u202c", "evil")]
    [InlineData("р\u0430ypal", "paypal")]
    [InlineData("𝖍𝖊𝖑𝖑𝖔 Ⓦorld", "hello World")]
    [InlineData("ｆｒｅｅ １０", "free 10")]
    [InlineData("\ufeffhello\u2009there", "hello there")]
    [InlineData("don\u0092t", "don\u2019t")]
    [InlineData("bell\u0007", "bell")]
    [InlineData("&nbsp;&#8203;", "&nbsp;&#8203;")]
    public void Normalises(string original, string expected) => Assert.Equal(expected, TextNormaliser.Normalise(original).Text);

    [Theory]
    [InlineData("Привет, как дела? Сор и нос, а он")]
    [InlineData("Ο Θεός και α")]
    [InlineData("R = 5 kΩ, 3 µm and λ = 2 Δx")]
    [InlineData("In Russian: он а не она, said Maria")]
    [InlineData("Set Α of the Greek letters, then Β")]
    [InlineData("Где же ТЕНЬ, а где ДЕНЬ?")]
    [InlineData("ⲡⲛⲟⲩⲧⲉ ⲅ ⲟⲩⲟⲛ")]
    [InlineData("👩\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f")]
    [InlineData("می\u200cخواهم")]
    [InlineData("क\u094d\u200dष")]
    [InlineData("全角ＡＢＣ")]
    [InlineData("ɡɪv")]
    public void Leaves_what_is_written_so(string original)
    {
        NormalisedText normalised = TextNormaliser.Normalise(original);
        Assert.Equal(original, normalised.Text);
        Assert.Empty(normalised.Changes);
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character()
    {
        NormalisedText normalised = TextNormaliser.Normalise("half\ud83d. \ude00");
        Assert.Equal("half\ufffd. \ufffd", normalised.Text);
        Assert.Equal((NormalisationChange.Control, 2), (normalised.Changes[0].Kind, normalised.Changes[0].Count));
    }

    [Fact]
    public void A_text_of_homoglyphs_is_Latin_even_where_a_word_is_look_alikes_alone()
    {
        // RAID's attack on every letter of its table.
        NormalisedText normalised = TextNormaliser.Normalise("\u0406 \u0430m \u0430 \u0441\u043eo\u043a; \u041d\u0435r\u0435, \u0441\u043e\u0440\u0435");
        Assert.Equal("I am a cook; Here, cope", normalised.Text);
        Assert.Equal(NormalisationChange.Confusable, Assert.Single(normalised.Changes).Kind);
        Assert.Equal(13, normalised.Changes[0].Count);
    }

    [Theory]
    [InlineData("S\u043ec\u043a. \u0399 w\u0430s \u0391 \u0422\u0391\u039dK", "Sock. I was A TANK")]
    [InlineData("defo\u2c85med, di\u0455tur\u042Ced, bree\u1d22e", "deformed, disturbed, breeze")]
    [InlineData("di\ufb00\u0435rent Qur\u02be\u0430n", "di\ufb00erent Qur\u02bean")]
    [InlineData("th\u0435 \u03b1 level", "the α level")]
    [InlineData("th\u0435 \u0391 of Ω", "the Α of Ω")]
    public void Look_alikes_are_Latin_in_words_with_Latin_letters_and_capitals_alone_beside_such_words(string original, string expected) => Assert.Equal(expected, TextNormaliser.Normalise(original).Text);

    [Fact]
    public void What_was_removed_is_named_with_its_place()
    {
        NormalisedText normalised = TextNormaliser.Normalise("f\u200b\u200bree \u202emon\u00adey\u202c p\u0430y");
        Assert.Equal("free money pay", normalised.Text);
        Assert.Equal([(NormalisationChange.BidiControl, 2), (NormalisationChange.Confusable, 1), (NormalisationChange.ZeroWidth, 3)], normalised.Changes.Select(change => (change.Kind, change.Count)));
        Assert.Equal([new TextSpan(1, 3), new TextSpan(11, 12)], normalised.Changes[2].Spans);
        Assert.Equal((0, 6), normalised.ToOriginal(0, 4));
        Assert.Equal((0, 4), normalised.ToNormalised(0, 6));
        Assert.Equal((5, 10), normalised.ToNormalised(7, 15));
    }

    [Theory]
    [InlineData("p\u200bay\u200bpal", "zero-width", 2, 2 / 8f)]
    [InlineData("p\u0430yp\u0430l\u200b now", "confusable", 2, 2 / 10f)]
    [InlineData("\u202eevil\u202c", "bidi-control", 2, 2 / 6f)]
    [InlineData("thin\u2009space", "odd-space", 1, 1 / 10f)]
    [InlineData("bell\u0007", "control", 1, 1 / 5f)]
    [InlineData("two  spaces\n\nand a cafe\u0301", "zero-width", 0, 0f)]
    public void What_was_removed_is_a_share_of_the_text(string original, string kind, int count, float share)
    {
        var signals = NormalisationSignals.Of(TextNormaliser.Normalise(original), text => text.Length);
        Assert.Equal((count, share), (signals.Count(kind), (float)signals.Share(kind)));
        int place = NormalisationSignals.Names.ToList().IndexOf($"share_of_{kind.Replace('-', '_')}");
        Assert.Equal(Enumerable.Range(0, NormalisationSignals.Names.Count - 1).Select(i => i == place ? share : 0), signals.Values[..^1]);
    }

    [Fact]
    public void Tokens_before_and_after_are_compared_without_white_space_and_without_what_is_not_judged()
    {
        static double Growth(NormalisedText text) => NormalisationSignals.Of(text, tokens => tokens.Length).LogTokenGrowth;
        Assert.Equal(Math.Log(9 / 7.0), Growth(TextNormaliser.Normalise(" p\u200bay  \n\n p\u200bal ")), 12);
        Assert.Equal(Math.Log(9 / 7.0), Growth(JudgedText.From("p\u200bay\np\u200bal\n> quoted\u200b \u200btext\n-- \nme").Normalised), 12);
        Assert.Equal(0, Growth(TextNormaliser.Normalise(" two \n\n lines ")));
        Assert.Equal("log_token_growth", NormalisationSignals.Names[^1]);
    }

    [Fact]
    public void Shares_stay_between_nothing_and_all() => Odd.Sample(original =>
        Assert.All(NormalisationSignals.Of(TextNormaliser.Normalise(original), text => text.Length).Values[..^1], share => Assert.InRange(share, 0, 1)), iter: 5_000);

    [Fact]
    public void The_padding_of_newsletters_is_no_evidence() =>
        Assert.Empty(TextNormaliser.Normalise("\ufeffOur news \u200c\u00a0\u200c\u00a0\u034f \u200c\u00a0\r\n\r\nHello").Changes);

    [Fact]
    public void Data_in_variation_selectors_is_evidence()
    {
        NormalisedText normalised = TextNormaliser.Normalise("😀\ufe0f\U000e0101\U000e0102\U000e0103 hello a\ufe01b");
        Assert.Equal("😀\ufe0f hello ab", normalised.Text);
        Assert.Equal((NormalisationChange.ZeroWidth, 4), (normalised.Changes[0].Kind, normalised.Changes[0].Count));
    }

    [Fact]
    public void Bidi_marks_beside_Arabic_are_no_evidence_but_an_override_is()
    {
        Assert.Empty(TextNormaliser.Normalise("\u200fمرحبا\u200f").Changes);
        Assert.Equal(NormalisationChange.BidiControl, Assert.Single(TextNormaliser.Normalise("مرحبا \u202e").Changes).Kind);
    }

    [Fact]
    public void Normalising_twice_is_normalising_once() => Odd.Sample(original =>
    {
        NormalisedText once = TextNormaliser.Normalise(original), twice = TextNormaliser.Normalise(once.Text);
        Assert.Equal(once.Text, twice.Text);
    }, iter: 10_000);

    [Fact]
    public void The_result_is_composed_and_has_no_run_of_white_space() => Odd.Sample(original =>
    {
        string text = TextNormaliser.Normalise(original).Text;
        Assert.True(text.IsNormalized());
        Assert.DoesNotContain("  ", text, StringComparison.Ordinal);
        Assert.Equal(text.Trim(), text);
        Assert.DoesNotContain(text, letter => letter != ' ' && (char.IsWhiteSpace(letter) || char.IsControl(letter)));
    }, iter: 10_000);

    [Fact]
    public void Places_are_in_order_and_lead_there_and_back() => Odd.Sample(original =>
    {
        NormalisedText normalised = TextNormaliser.Normalise(original);
        int before = 0;
        for (int i = 0; i < normalised.Text.Length; i++)
        {
            (int start, int end) = normalised.ToOriginal(i, i + 1);
            Assert.True(start >= before && end > start && end <= original.Length);
            before = start;
            (int first, int last) = normalised.ToNormalised(start, end);
            Assert.True(first <= i && last > i);
            Assert.True(normalised.ToOriginal(first, last) == (start, end) || last - first > 1);
            if (char.IsAsciiLetter(original[start]) && end == start + 1) Assert.Equal(original[start], normalised.Text[i]);
        }
        Assert.Equal((0, normalised.Text.Length), normalised.ToNormalised(0, original.Length));
        foreach (TextSpan span in normalised.Changes.SelectMany(change => change.Spans)) Assert.True(span.Start < span.End && span.End <= original.Length);
    }, iter: 10_000);

    [Theory]
    [InlineData("a"), InlineData(" "), InlineData("\u200b"), InlineData("\u0301\u0323"), InlineData("\u0430a"), InlineData("\u1161"), InlineData("\ud83d"), InlineData("a\u200b"), InlineData("\U000e0101")]
    public void A_megabyte_of_one_thing_takes_bounded_time(string unit)
    {
        string original = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
        ThreadTime.Within("a megabyte", TimeSpan.FromSeconds(20), () =>
            Assert.All(TextNormaliser.Normalise(original).Changes, change => Assert.InRange(change.Spans.Count, 1, NormalisationChange.MaxSpans)));
    }

    [Fact]
    public void A_span_outside_the_text_is_refused()
    {
        NormalisedText normalised = TextNormaliser.Normalise("a  b");
        Assert.Throws<ArgumentOutOfRangeException>(() => normalised.ToOriginal(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => normalised.ToOriginal(2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => normalised.ToNormalised(-1, 1));
        Assert.Equal((0, 0), TextNormaliser.Normalise(" ").ToOriginal(0, 0));
        Assert.Equal((4, 4), normalised.ToOriginal(3, 3));
    }
}
