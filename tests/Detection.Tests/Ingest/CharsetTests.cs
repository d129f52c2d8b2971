using System.Text;
using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class CharsetTests
{
    static CharsetTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Theory]
    [InlineData("iso-2022-jp", "iso-2022-jp", "お支払いの確認をお願いします")]
    [InlineData("shift_jis", "x-sjis", "お支払いの確認")]
    [InlineData("euc-kr", "ks_c_5601-1987", "계좌를 확인하십시오")]
    [InlineData("gb18030", "gb2312", "请确认您的帐户")]
    [InlineData("big5", "big5", "請確認您的帳戶")]
    [InlineData("windows-1251", "cp1251", "Подтвердите оплату")]
    [InlineData("koi8-r", "koi8-r", "Подтвердите оплату")]
    [InlineData("iso-8859-2", "iso-8859-2", "Potvrďte platbu")]
    [InlineData("windows-1252", "iso-8859-1", "“Quotes” cost 5 €")]
    [InlineData("utf-16", "utf-16", "Wide letters")]
    [InlineData("utf-16BE", "utf-16", "Wide letters, the other way round")]
    [InlineData("utf-8", "\"UTF8\"", "naïve")]
    public void A_true_label_gives_the_text(string encoding, string label, string text) => Assert.Equal(text, Read(Encoding.GetEncoding(encoding).GetBytes(text), label));

    [Theory]
    [InlineData("windows-1251", "iso-8859-1", "Подтвердите оплату счёта сегодня")]
    [InlineData("windows-1251", "us-ascii", "Подтвердите оплату счёта сегодня")]
    [InlineData("windows-1251", "utf-8", "Подтвердите оплату счёта сегодня")]
    [InlineData("koi8-r", null, "Подтвердите оплату счёта сегодня")]
    [InlineData("utf-8", "iso-8859-1", "Grüße aus München, schöne Ferien")]
    [InlineData("utf-8", "no-such-charset", "Grüße aus München")]
    [InlineData("windows-1252", "utf-8", "Un café, très bien, s'il vous plaît")]
    [InlineData("windows-1252", null, "Un café, très bien")]
    [InlineData("iso-2022-jp", null, "お支払い")]
    [InlineData("us-ascii", "utf-16", "Plain words under a wide label")]
    public void A_false_label_is_not_believed(string encoding, string? label, string text) => Assert.Equal(text, Read(Encoding.GetEncoding(encoding).GetBytes(text), label));

    [Theory]
    [InlineData("windows-874")]
    [InlineData("euc-kr")]
    public void Other_scripts_without_a_label_are_not_taken_for_cyrillic(string encoding) =>
        Assert.DoesNotContain(Read(Encoding.GetEncoding(encoding).GetBytes(encoding == "euc-kr" ? "계좌를 지금 확인하십시오" : "ยืนยันการชำระเงินของคุณ"), null), letter => letter is >= '\u0400' and <= '\u04FF');

    [Fact]
    public void Utf_7_is_refused_so_that_it_cannot_hide_markup() =>
        Assert.Equal("+ADw-b+AD4-Pay+ADw-/b+AD4-", Read("+ADw-b+AD4-Pay+ADw-/b+AD4-"u8.ToArray(), "utf-7"));

    [Fact]
    public void A_byte_order_mark_wins_over_the_label() =>
        Assert.Equal("naïve", Read([.. Encoding.UTF8.Preamble, .. "naïve"u8], "windows-1251"));

    [Fact]
    public void Html_may_name_its_own_charset()
    {
        byte[] html = Encoding.GetEncoding("windows-1251").GetBytes("<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\"></head><p>Да</p>");
        Assert.Equal("Да", MessageExtraction.Extract(MessageJson.FromMail((byte[])[.. "From: a@b.example\r\nContent-Type: text/html\r\n\r\n"u8, .. html]), new IngestOptions()).Text);
    }

    [Fact]
    public void One_broken_byte_does_not_spoil_the_rest() =>
        Assert.Equal("Grüße aus Mün\uFFFDen, schöne Ferien", Read([.. "Grüße aus Mün"u8, 0xC3, .. "en, schöne Ferien"u8], "utf-8"));

    [Fact]
    public void Any_bytes_under_any_label_give_text() =>
        Gen.Select(Gen.Byte.Array[0, 300], Pick.Of("utf-8", "utf-16", "iso-2022-jp", "gb18030", "big5", "hz-gb-2312", "x-user-defined", "utf-7", "", "437", "\0", "iso-8859-8-i"))
            .Sample((bytes, label) => Assert.NotNull(Read(bytes, label)));

    private static string Read(byte[] body, string? label) => MessageExtraction.Extract(
        MessageJson.FromMail((byte[])[.. Encoding.Latin1.GetBytes($"From: a@b.example\r\nSubject: s\r\nContent-Type: text/plain{(label is null ? "" : "; charset=" + label)}\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(body)}\r\n")]),
        new IngestOptions()).Text!;
}
