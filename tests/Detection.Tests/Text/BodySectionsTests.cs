using CsCheck;
using Detection.Text;

namespace Detection.Tests.Text;

public class BodySectionsTests
{
    [Theory]
    [InlineData("Yes, do.\n\n> Shall I?\n>\n> Bob\n", "BQ")]
    [InlineData("> Shall I?\nYes.\n\n> And then?\nNo.\n", "QBQB")]
    [InlineData("Thanks!\n\nOn Tue, 5 Mar 2024 at 10:12, Bob <bob@example.org> wrote:\n> Shall I?\n\nLater.", "BQB")]
    [InlineData("Thanks!\r\n\r\nOn Tue, 5 Mar 2024 at 10:12, Bob Longname\r\n<bob@example.org> wrote:\r\n\r\nShall I?\r\nBob\r\n", "BQ")]
    [InlineData("Hello.\n\nBob Example said:\n\n> Shall I?\n\nYes.", "BQB")]
    [InlineData("Bob said:\n\nwe shall.", "B")]
    [InlineData("Danke\n\nAm 05.03.2024 um 10:12 schrieb Bob:\n> Soll ich?\n", "BQ")]
    [InlineData("Fine.\n\n-----Original Message-----\nFrom: Bob\nSent: Monday\n\nShall I?", "BQ")]
    [InlineData("fine . - - - - - original message - - - - -\nfrom : bob\n", "B")]
    [InlineData("fine .\n- - - - - original message - - - - -\nfrom : bob\nshall i ?", "BQ")]
    [InlineData("See below.\n\n________________________________\nFrom: Bob\nSent: Monday\nTo: Ann\nSubject: Re: it\n\nShall I?", "BQ")]
    [InlineData("See below.\n\nVon: Bob\nGesendet: Montag\nAn: Anna\nBetreff: es\n\nSoll ich?", "BQ")]
    [InlineData("FYI\n\n---------- Forwarded message ---------\nFrom: Bob\n\nShall I?", "BQ")]
    [InlineData("Yes.\n-- \nAnn Example\n+44 1234\n", "BS")]
    [InlineData("Yes.\n\nSent from my iPhone\n", "BS")]
    [InlineData("Yes.\n\nSent from my iPhone\n\n> On 5 Mar, Bob wrote:\n> Shall I?\n", "BSQ")]
    [InlineData("Yes.\n_______________________________________________\nRazor-users mailing list\nhttps://lists.example.org/listinfo/razor", "BS")]
    [InlineData("Yes.\n\nTo unsubscribe from this group, send an email to:\ngroup-unsubscribe@example.org\n", "BS")]
    [InlineData("On the contrary, he wrote:\n\nnothing at all.", "B")]
    [InlineData("From: the heart, I thank you.\nTo: nobody else.", "B")]
    [InlineData("Dear Sir,\n\nplease find it attached.\n\nYours\nAnn", "B")]
    [InlineData("", "")]
    public void Finds(string text, string expected) => Assert.Equal(expected, Kinds(text));

    [Fact]
    public void A_long_text_under_a_rule_is_no_signature() =>
        Assert.Equal("B", Kinds("One.\n--\n" + string.Concat(Enumerable.Repeat("Another line of the essay, which goes on.\n", 40))));

    [Fact]
    public void Sections_cover_the_text_in_order() =>
        Gen.OneOf(Gen.String, Gen.OneOf(Gen.Const("> a"), Gen.Const("-- "), Gen.Const("On 5 Mar 2024 Bob wrote:"), Gen.Const("From: a"), Gen.Const("Sent: b"), Gen.Const("To: c"),
            Gen.Const(""), Gen.Const("text"), Gen.Const("-----Original Message-----"), Gen.Const("Sent from my iPhone"), Gen.Const("__________")).Array[0, 12].Select(lines => string.Join("\r\n", lines)))
        .Sample(text =>
        {
            int place = 0;
            SectionKind? before = null;
            foreach (BodySection section in BodySections.Find(text))
            {
                Assert.Equal(place, section.Span.Start);
                Assert.True(section.Span.End > place && section.Kind != before);
                (place, before) = (section.Span.End, section.Kind);
            }
            Assert.Equal(text.Length, place);
        }, iter: 5000);

    [Theory]
    [InlineData("> "), InlineData("On 2024 "), InlineData("\n"), InlineData("On 1.1.2024\n"), InlineData("From: a\n"), InlineData("-"), InlineData("- "), InlineData("--\n"), InlineData("__________\n")]
    public void A_megabyte_of_one_thing_takes_bounded_time(string unit)
    {
        string text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
        ThreadTime.Within("a megabyte", TimeSpan.FromSeconds(20), () => BodySections.Find(text));
    }

    [Fact]
    public void What_is_judged_leaves_quotes_out_and_leads_back_to_the_stored_text()
    {
        string text = "Please p\u0430y   now.\n\n> Why?\n\nBecause.\n-- \nAnn";
        JudgedText judged = JudgedText.From(text);
        Assert.Equal("Please pay now. Because.", judged.Text);
        (int start, int end) = judged.Normalised.ToOriginal(judged.Text.IndexOf("Because", StringComparison.Ordinal), judged.Text.Length);
        Assert.Equal("Because.", text[start..end]);
        Assert.Same(text, judged.Normalised.Original);
        Assert.Equal((7, 10), judged.Normalised.ToNormalised(7, 10));
        int quote = text.IndexOf("Why", StringComparison.Ordinal);
        Assert.Equal(1, judged.Normalised.ToNormalised(quote, quote + 3) is (int a, int b) ? b - a : -1); // the space that stands for the gap
    }

    [Fact]
    public void A_text_that_is_all_quote_is_judged_whole() =>
        Assert.Equal("> Shall I? > Bob", JudgedText.From("> Shall I?\n> Bob\n").Text);

    private static string Kinds(string text) => string.Concat(BodySections.Find(text).Select(section => section.Kind.ToString()[0]));
}
