using CsCheck;
using Detection.Text;

namespace Detection.Tests.Text.Domains;

public sealed class DomainNamesTests
{
    [Theory]
    [InlineData("mail.shop.example", "shop.example")]
    [InlineData("www.shop.co.uk", "shop.co.uk")]
    [InlineData("a.b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("www.city.kobe.jp", "city.kobe.jp")]
    [InlineData("x.www.ck", "www.ck")]
    [InlineData("x.y.shop.ck", "y.shop.ck")]
    [InlineData("me.github.io", "me.github.io")]
    [InlineData("deep.me.github.io", "me.github.io")]
    [InlineData("www.xn--55qx5d.cn", "www.xn--55qx5d.cn")]
    [InlineData("co.uk", "co.uk")]
    [InlineData("invented.nosuchending", "invented.nosuchending")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    public void The_registrable_part_is_one_label_more_than_the_public_suffix(string domain, string registrable) => Assert.Equal(registrable, DomainNames.Registrable(domain));

    [Theory]
    [InlineData("a.shop.co.uk", "shop.co.uk", true)]
    [InlineData("shop.co.uk", "bank.co.uk", false)]
    [InlineData("one.github.io", "two.github.io", false)]
    public void Owners_are_told_apart_where_strangers_register_side_by_side(string one, string other, bool same) => Assert.Equal(same, DomainNames.SameOwner(one, other));

    [Theory]
    [InlineData("paypa1.com", "paypal")]
    [InlineData("www.paypall.com", "paypal")]
    [InlineData("payapl.com", "paypal")]
    [InlineData("paypal.com.account.invalid", "paypal")]
    [InlineData("secure-paypal-login.net", "paypal")]
    [InlineData("paypal.support", "paypal")]
    [InlineData("paypal.evil.invalid", "paypal")]
    [InlineData("outlook.com.evil.invalid", "microsoft")]
    [InlineData("outlook-login.invalid", "outlook")]
    [InlineData("www.metamask.com", "metamask")]
    [InlineData("rnicrosoft.com", "microsoft")]
    [InlineData("xn--pypal-4ve.com", "paypal")]   // Cyrillic a
    [InlineData("xn--mirosoft-gch.com", "microsoft")]   // Cyrillic es
    public void A_name_that_looks_like_another_is_found(string domain, string name) => Assert.Equal(name, LookAlikeDomains.Imitated(domain, [])?.Label);

    [Theory]
    [InlineData("www.paypal.com")]
    [InlineData("amazon.de")]
    [InlineData("www.amazon.co.jp")]
    [InlineData("login.microsoftonline.com")]
    [InlineData("gov.uk")]
    [InlineData("apple-pie.example")]
    [InlineData("palpay.example")]
    [InlineData("s3.cn-north-1.amazonaws.com.cn")]
    [InlineData("outlook.addons.example")]
    [InlineData("example.org")]
    [InlineData("192.0.2.7")]
    public void Owners_and_strangers_look_like_nobody(string domain) => Assert.Null(LookAlikeDomains.Imitated(domain, []));

    [Theory]
    [InlineData("larkpost-secure.invalid", true)]
    [InlineData("iarkpost.example", true)]
    [InlineData("mail.larkpost.example", false)]
    [InlineData("larkpost.example.evil.invalid", true)]
    [InlineData("larkpost.support", true)]
    [InlineData("larkpost.com", false)]   // the same firm, as often as not
    [InlineData("my.larkpost.co.uk", false)]
    [InlineData("larkpost.helpdesk.com", false)]   // a customer's part of a service
    [InlineData("skylark.example", false)]
    public void The_receivers_own_name_can_be_copied_too(string domain, bool copied) =>
        Assert.Equal(copied, LookAlikeDomains.Imitated(domain, [LookAlikeDomains.Owner("larkpost.example")!]) is not null);

    /// <summary>Found by mutated mails: the parser took the address, and asking it for the host failed.</summary>
    [Theory]
    [InlineData("http://\uFFFDhost\u2024.example/")]
    [InlineData("https://a\u0338b.\u00AD/")]
    [InlineData("http://xn--\uFFFF.example/")]
    [InlineData("no address")]
    public void An_address_with_an_impossible_host_is_none_or_a_name(string url) => Assert.DoesNotContain(" ", DomainNames.OfUrl(url) ?? "", StringComparison.Ordinal);

    [Fact]
    public void Short_names_say_nothing() => Assert.Null(LookAlikeDomains.Owner("abc.example"));

    [Fact]
    public void Any_name_has_a_registrable_part_that_ends_it() => Gen.String[Gen.Char["ab.-xn1é\u0430。"], 0, 60].Sample(text =>
    {
        string registrable = DomainNames.Registrable(text);
        Assert.EndsWith(registrable, text, StringComparison.Ordinal);
        Assert.Equal(registrable, DomainNames.Registrable(registrable));
        _ = LookAlikeDomains.Imitated(text, [new TrustedName("larkpost", ["larkpost.example"])]);
        _ = DomainNames.InText(text);
    });

    [Fact]
    public void A_name_of_very_many_labels_costs_little() => ThreadTime.Within("labels", TimeSpan.FromSeconds(10), () =>
    {
        string name = string.Concat(Enumerable.Repeat("a.", 126)) + "b";
        for (int i = 0; i < 1000; i++) Assert.Equal("a.b", DomainNames.Registrable(name));
        Assert.Null(LookAlikeDomains.Imitated(string.Concat(Enumerable.Repeat("paypal.", 100_000)) + "b", []));
    });
}
