using CsCheck;
using Detection.Contracts;
using Detection.Ingest;

namespace Detection.Tests.Ingest;

public sealed class HtmlTextTests
{
    [Theory]
    [InlineData("<p>One</p><p>Two</p>", "One\n\nTwo")]
    [InlineData("a<br>b<br><br>c", "a\nb\n\nc")]
    [InlineData("<ul><li>x<li>y</ul>", "- x\n- y")]
    [InlineData("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc")]
    [InlineData("  much \n\t space&nbsp;here ", "much space here")]
    [InlineData("<pre>a\n  b</pre>", "a\n  b")]
    [InlineData("x<script>alert(1)</script><style>p{}</style>y", "xy")]
    [InlineData("<img alt='Our logo' src='http://x.example/t.png'> Hello", "Our logo Hello")]
    [InlineData("H<b>e</b>llo", "Hello")]
    public void Text_is_what_a_person_sees(string html, string text) => Assert.Equal(text, Extract(html).Text);

    [Theory]
    [InlineData("<span style='display:none'>secret</span>", "display-none")]
    [InlineData("<span style='DISPLAY : None !important'>secret</span>", "display-none")]
    [InlineData("<div style='visibility:hidden'><b>secret</b></div>", "visibility-hidden")]
    [InlineData("<span style='font-size:1px'>secret</span>", "tiny-font")]
    [InlineData("<span style='font-size:0'>secret</span>", "tiny-font")]
    [InlineData("<span style='color:#fefefe'>secret</span>", "same-colour")]
    [InlineData("<font color=white>secret</font>", "same-colour")]
    [InlineData("<div style='background-color:#000'><span style='color:rgb(2, 2, 2)'>secret</span></div>", "same-colour")]
    [InlineData("<div style='position:absolute;left:-9999px'>secret</div>", "off-screen")]
    [InlineData("<div style='max-height:0;overflow:hidden'>secret</div>", "zero-size")]
    [InlineData("<span style='opacity:0'>secret</span>", "transparent")]
    [InlineData("<p hidden>secret</p>", "display-none")]
    [InlineData("<style>.x{display:none}</style><i class=x>secret</i>", "display-none")]
    public void Hidden_text_is_kept_apart_with_the_reason(string html, string reason)
    {
        var message = Extract("<p>Seen</p>" + html);
        Assert.Equal("Seen", message.Text);
        Assert.Equal([new HiddenText(reason, "secret")], message.Hidden);
    }

    [Fact]
    public void White_on_a_dark_ground_is_seen() =>
        Assert.Equal("Seen", Extract("<table><tr><td bgcolor='#102030'><font color='#ffffff'>Seen</font></td></tr></table>").Text);

    [Theory]
    [InlineData("<a href='https://evil.example/x'>www.bank.example.com</a>", true)]
    [InlineData("<a href='https://login.bank.example.com/x'>https://www.example.com/</a>", false)]
    [InlineData("<a href='https://files.example/r'>report.pdf</a>", false)]
    [InlineData("<a href='https://evil.example/x'>click here</a>", false)]
    public void A_link_that_reads_otherwise_than_it_leads_is_a_fact(string html, bool mismatch) =>
        Assert.Equal(mismatch, Extract(html).Facts?.Any(fact => fact.Name == "link-mismatch") ?? false);

    [Fact]
    public void Active_links_forms_and_tracking_pixels_are_facts()
    {
        var message = Extract("<a href='javascript:alert(1)'>x</a><form><input type=password></form><img src='http://t.example/p' width=1 height=1>");
        Assert.Equal(["form", "link-active", "tracking-pixel"], message.Facts!.Select(fact => fact.Name).Order(StringComparer.Ordinal));
        Assert.Equal("javascript:alert(1)", Assert.Single(message.Links!).Target);
    }

    [Fact]
    public void Nesting_as_deep_as_the_input_does_not_overflow_the_stack() =>
        Assert.Equal("x", Extract(string.Concat(Enumerable.Repeat("<div>", 50_000)) + "x").Text);

    [Fact]
    public void Any_markup_gives_a_message() =>
        Gen.OneOf(
            Gen.String[0, 200],
            Pick("<p>", "</p>", "<a href='", "'>", "<!--", "-->", "<style>", "&#x0;", "<table><td>", "style=\"display:none\"", "]]>", "<svg><script>", "\uD83D").Array[0, 40].Select(parts => string.Concat(parts)))
            .Sample(html => Assert.NotNull(Extract(html).Text));

    private static Message Extract(string html) => MessageExtraction.Extract(new Message { Id = "m", Html = html }, new IngestOptions());

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
