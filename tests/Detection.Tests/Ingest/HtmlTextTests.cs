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

    /// <summary>Each of these was hidden once, or is in every second newsletter.</summary>
    [Theory]
    [InlineData("<table><td style='font-size:0'><div style='font-size:14px'>Seen</div></table>")]
    [InlineData("<div style='overflow:hidden;width:100%'>Seen</div>")]
    [InlineData("<style>@media (max-width:600px){.d{display:none!important}}</style><p class=d>Seen</p>")]
    [InlineData("<style>@media print{p{color:#fff}} @import 'x'; /* .s{display:none} */</style><p class=s>Seen</p>")]
    [InlineData("<div style='visibility:hidden'><b style='visibility:visible'>Seen</b></div>")]
    [InlineData("<font color=white><a href='https://a.example'>Seen</a></font>")]
    [InlineData("<table bgcolor=darkblue><tr><td><font color=white>Seen</font></table>")]
    [InlineData("<div style='background:#fff url(x.png)'><p style='color:#fff'>Seen</p></div>")]
    [InlineData("<table><td background='x.png'><span style='color:white'>Seen</span></table>")]
    [InlineData("<div style='background:linear-gradient(red,blue)'><p style='color:#fff'>Seen</p></div>")]
    [InlineData("<div style='background-color:var(--x)'><p style='color:#fff'>Seen</p></div>")]
    [InlineData("<a style='mso-hide:all' href='https://a.example'>Seen</a>")]
    [InlineData("<p style='text-indent:-20px;margin-left:-10px'>Seen</p>")]
    [InlineData("<p style='font:bold 12px/1 Arial'>Seen</p>")]
    [InlineData("<style>.x{display:none}</style><p class=x style='display:block!important'>Seen</p>")]
    [InlineData("<noscript>Seen</noscript>")]
    public void What_a_person_sees_is_not_hidden(string html)
    {
        var message = Extract(html);
        Assert.Equal("Seen", message.Text);
        Assert.Null(message.Hidden);
    }

    [Theory]
    [InlineData("<p style='font:1px/1px Arial'>secret</p>", "tiny-font")]
    [InlineData("<p style='font-size:0.1em'>secret</p>", "tiny-font")]
    [InlineData("<p style='color:transparent'>secret</p>", "transparent")]
    [InlineData("<p style='color:rgba(0,0,0,0.01)'>secret</p>", "transparent")]
    [InlineData("<p style='opacity:0%'>secret</p>", "transparent")]
    [InlineData("<body bgcolor='#0000FF' text=blue>secret</body>", "same-colour")]
    [InlineData("<p style='background:navy;color:rgb(0 0 50%)'>secret</p>", "same-colour")]
    [InlineData("<p style='background-color:rgba(0,0,0,.5);color:#808080'>secret</p>", "same-colour")]
    [InlineData("<p style='margin-left:-9999px'>secret</p>", "off-screen")]
    [InlineData("<p style='text-indent:-999em'>secret</p>", "off-screen")]
    [InlineData("<p style='position:absolute;clip:rect(0, 0, 0, 0)'>secret</p>", "zero-size")]
    [InlineData("<div style='height:0;overflow:hidden'><p style='height:50px'>secret</div>", "zero-size")]
    [InlineData("<style><!-- td.x, #y { display : none } --></style><p id=y>secret", "display-none")]
    [InlineData("<style>@media screen { .x{visibility:hidden} }</style><p class='a x'>secret", "visibility-hidden")]
    [InlineData("<style>.x{display:none !important}</style><p class=x style='display:block'>secret", "display-none")]
    [InlineData("<p style='x:/*;*/y;display:/**/none'>secret", "display-none")]
    public void Hidden_in_less_plain_ways_is_hidden(string html, string reason)
    {
        var message = Extract(html);
        Assert.Equal("", message.Text);
        Assert.Equal([new HiddenText(reason, "secret")], message.Hidden);
    }

    [Fact]
    public void Letters_of_no_size_inside_a_word_do_not_part_it()
    {
        var message = Extract("Pay<span style='font-size:0'>qx</span>Pal <span style='font-size:0'>z</span>now");
        Assert.Equal("PayPal now", message.Text);
        Assert.Equal([new HiddenText("tiny-font", "qxz")], message.Hidden);
    }

    [Theory]
    [InlineData("<span style='display:block'>a</span><span style='display:block'>b</span>", "a\nb")]
    [InlineData("<div style='white-space:pre-wrap'>a\n  b</div>", "a\n  b")]
    [InlineData("<!-- not this -->a<!--[if mso]>nor this<![endif]-->", "a")]
    [InlineData("<p>a</p>\n\n\n<p></p><div></div><p>b</p>", "a\n\nb")]
    [InlineData("<blockquote>a<blockquote>b</blockquote></blockquote>c", "a\nb\nc")]
    [InlineData("&lt;b&gt; &amp; &#8364;&nbsp;&#x1F600;", "<b> & € 😀")]
    [InlineData("a<img alt=b src=x>c", "a b c")]
    [InlineData("<ol><li>x<ul><li>y</ul><li>z</ol>", "- x\n- y\n- z")]
    [InlineData("<title>T</title><textarea>t</textarea><button>Send</button>", "tSend")]
    public void Layout_becomes_line_breaks(string html, string text) => Assert.Equal(text, Extract(html).Text);

    [Fact]
    public void White_on_a_dark_ground_is_seen() =>
        Assert.Equal("Seen", Extract("<table><tr><td bgcolor='#102030'><font color='#ffffff'>Seen</font></td></tr></table>").Text);

    [Theory]
    [InlineData("<a href='https://evil.example/x'>www.bank.example.com</a>", true)]
    [InlineData("<a href='https://login.bank.example.com/x'>https://www.example.com/</a>", false)]
    [InlineData("<a href='https://files.example/r'>report.pdf</a>", false)]
    [InlineData("<a href='https://evil.example/x'>click here</a>", false)]
    [InlineData("<a href='http://192.0.2.7/x'>www.bank.example</a>", true)]
    [InlineData("<a href='https://www.bank.example@evil.example/'>bank.example</a>", true)]
    [InlineData("<a href='https://xn--bcher-kva.example/'>www.bücher.example</a>", false)]
    [InlineData("<a href='https://evil.co.uk/'>good.co.uk</a>", true)]
    [InlineData("<a href='https://docs.example/r'>notes.md</a>", false)]
    [InlineData("<a href='https://docs.example/r'>mr.smith</a>", false)]
    [InlineData("<a href='https://evil.example/x'>https://bank.<b>example</b>/login</a>", true)]
    [InlineData("<base href='https://evil.example/'><a href='/login'>bank.example</a>", true)]
    public void A_link_that_reads_otherwise_than_it_leads_is_a_fact(string html, bool mismatch) =>
        Assert.Equal(mismatch, Extract(html).Facts?.Any(fact => fact.Name == "link-mismatch") ?? false);

    [Fact]
    public void Active_links_forms_and_tracking_pixels_are_facts()
    {
        var message = Extract("<a href='javascript:alert(1)'>x</a><form><input type=password></form><img src='http://t.example/p' width=1 height=1>");
        Assert.Equal(["form", "link-active", "tracking-pixel"], message.Facts!.Select(fact => fact.Name).Order(StringComparer.Ordinal));
        Assert.Equal("javascript:alert(1)", Assert.Single(message.Links!).Target);
    }

    [Theory]
    [InlineData("<a href='java\nscript:x()'>x</a>", "link-active")]
    [InlineData("<a href=' data:text/html,x'>x</a>", "link-active")]
    [InlineData("<form action='https://evil.example/p'><input type=password name=p></form>", "form")]
    [InlineData("<meta http-equiv=refresh content='0;URL=https://evil.example'>x", "redirect")]
    [InlineData("<img style='display:none' width=1 height=1 src='https://t.example/p'>", "tracking-pixel")]
    [InlineData("<img style='width: 1px; height: 1px' src='https://t.example/p'>", "tracking-pixel")]
    public void What_markup_does_is_a_fact(string html, string fact) => Assert.Equal(fact, Assert.Single(Extract(html).Facts!).Name);

    [Fact]
    public void Where_a_form_goes_and_what_it_asks_for_is_said() =>
        Assert.Equal("The message itself asks for a password in a form, which goes to evil.example.", Assert.Single(Extract("<form action='https://evil.example/p'><input name=u><input type=password></form>").Facts!).Detail);

    [Fact]
    public void Markup_beyond_all_limits_is_a_fact_and_its_text_is_kept()
    {
        var message = Extract(string.Concat(Enumerable.Repeat("<div>", 400)) + "deep" + string.Concat(Enumerable.Repeat("</div>", 400)) + "<p>after");
        Assert.Equal("deep\n\nafter", message.Text);
        Assert.Contains(message.Facts!, fact => fact.Name == "html-limits");
    }

    [Fact]
    public void Formatting_over_the_limit_still_hides() =>
        Assert.Equal("Seen", Extract(string.Concat(Enumerable.Range(0, 30).Select(i => $"<b id=x{i}>")) + "Seen<font color=white>secret</font>").Text);

    [Fact]
    public void Nesting_as_deep_as_the_input_does_not_overflow_the_stack() =>
        Assert.Equal("x", Extract(string.Concat(Enumerable.Repeat("<div>", 50_000)) + "x").Text);

    [Fact]
    public void Any_markup_gives_a_message() =>
        Gen.OneOf(
            Gen.String[0, 200],
            Pick.Of("<p>", "</p>", "<a href='", "'>", "<!--", "-->", "<style>", "&#x0;", "<table><td>", "style=\"display:none\"", "]]>", "<svg><script>", "\uD83D").Array[0, 40].Select(parts => string.Concat(parts)))
            .Sample(html => Assert.NotNull(Extract(html).Text));

    private static Message Extract(string html) => MessageExtraction.Extract(new Message { Id = "m", Html = html }, new IngestOptions());
}
