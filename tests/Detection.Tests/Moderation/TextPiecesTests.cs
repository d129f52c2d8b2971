using System.Text;
using CsCheck;
using Detection.Contracts;
using Detection.Moderation.Dashboard;

namespace Detection.Tests.Moderation;

public sealed class TextPiecesTests
{
    [Fact]
    public void A_piece_is_one_token_and_one_set_of_evidence()
    {
        var tokens = new TokenScoreMap([0, 3], [3, 8], [float.NaN, -6f], [-1, 1500], [float.NaN, 2f]);
        var pieces = TextPieces.Cut("one four", 100, tokens, [Evidence(1, 5), Evidence(4, 8)], "text");
        Assert.Equal(["o", "ne", " ", "f", "our"], pieces.Select(piece => piece.Text));
        Assert.Equal([null, "0", "0", "0 1", "1"], pieces.Select(piece => piece.Evidence));
        Assert.Equal([-1, -1, 3, 3, 3], pieces.Select(piece => piece.Heat));
        Assert.True(pieces[4].IsRare);
        Assert.Equal("log p -6.00 · rank 1,500 · entropy 2.00", pieces[4].Title);
    }

    [Fact]
    public void Tokens_that_are_parts_of_one_character_add_up()
    {
        var tokens = new TokenScoreMap([0, 1, 1, 1], [1, 3, 3, 3], [float.NaN, -2f, -3f, -1f], [-1, 5, 6, 7], [float.NaN, 1f, 1f, 1f]);
        var pieces = TextPieces.Cut("a😀", 100, tokens, [], "text");
        Assert.Equal(["a", "😀"], pieces.Select(piece => piece.Text));
        Assert.StartsWith("log p -6.00", pieces[1].Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_of_another_field_is_not_shown() => Assert.All(TextPieces.Cut("subject", 100, null, [Evidence(0, 4)], "subject"), piece => Assert.Null(piece.Evidence));

    [Fact]
    public void Whatever_the_offsets_say_the_text_is_kept_and_no_pair_is_torn() =>
        (from text in Gen.String[Gen.OneOf(Gen.Char.AlphaNumeric, Gen.Char, Gen.Const('\uD83D'), Gen.Const('\uDE00'), Gen.Const('\u202E')), 0, 40]
         from offsets in Gen.Int[-5, 60].Array[2, 12]
         from length in Gen.Int[0, 60]
         select (text, offsets, length)).Sample(one =>
        {
            string text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(one.text));
            int[] starts = [.. one.offsets.Order()];
            int[] ends = [.. starts.Skip(1), 1000];
            var tokens = new TokenScoreMap(starts, ends, [.. starts.Select(_ => -1f)], starts, [.. starts.Select(_ => 1f)]);
            var pieces = TextPieces.Cut(text, one.length, tokens, [Evidence(one.offsets[0], one.offsets[1])], "text");
            string shown = string.Concat(pieces.Select(piece => piece.Text));
            Assert.All(pieces, piece => Assert.True(piece.Control is not null || piece.Text.Length > 0));
            Assert.Equal(shown, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(shown)));
            Assert.StartsWith(shown, string.Concat(VisibleText.Split(text).Select(run => run.Text)), StringComparison.Ordinal);
        }, iter: 2_000);

    private static Evidence Evidence(int start, int end) => new("signal", 1, 1, "why", [new EvidenceSpan("text", start, end, 1)]);
}
