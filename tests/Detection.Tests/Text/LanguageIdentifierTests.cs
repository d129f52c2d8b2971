using System.IO.Compression;
using System.Text.Json;
using CsCheck;
using Detection.Text;

namespace Detection.Tests.Text;

public class LanguageIdentifierTests
{
    private static readonly LanguageIdentifier Identifier = new();

    [Theory]
    [InlineData("en", "I was wondering whether you could come over on Friday, we have the keys.")]
    [InlineData("en", "UK parliament approves budget cuts despite fierce opposition in London")]
    [InlineData("de", "Guten Tag, Ihr Paket konnte leider nicht zugestellt werden. Bitte bestätigen Sie Ihre Anschrift.")]
    [InlineData("fr", "Bonjour, votre colis a été envoyé. Veuillez vérifier votre adresse avant demain.")]
    [InlineData("es", "Estimado cliente, su cuenta ha sido suspendida. Por favor confirme sus datos.")]
    [InlineData("pt", "Prezado cliente, sua transferência está em análise. Confirme seus dados até amanhã.")]
    [InlineData("it", "Gentile cliente, la sua occasione è arrivata: confermi subito i suoi dati.")]
    [InlineData("nl", "Waarschuwing: het systeem heeft twintig virussen gevonden, klik hieronder om verder te gaan.")]
    [InlineData("tr", "Değerli müşterimiz, hesabınız askıya alınmıştır. Lütfen bilgilerinizi doğrulayın.")]
    [InlineData("pl", "Szanowny kliencie, twoja przesyłka czeka na odbiór, prosimy o potwierdzenie adresu.")]
    [InlineData("ru", "Уважаемый клиент, ваша посылка ожидает получения, подтвердите адрес.")]
    [InlineData("ja", "お客様のアカウントが停止されました。至急ご確認をお願いいたします。ありがとうございます。")]
    [InlineData("zh", "尊敬的客户您好，您的账户已被暂停使用，请立即登录我们的网站确认您的个人信息，谢谢合作。")]
    [InlineData("ko", "고객님의 계정이 정지되었습니다. 즉시 확인해 주시기 바랍니다. 감사합니다 고객센터")]
    [InlineData("ar", "عزيزي العميل، تم تعليق حسابك، يرجى تأكيد بياناتك قبل الغد وشكرا لك")]
    public void Names_the_language(string code, string text) => Assert.Equal(code, Identifier.Identify(text)?.Code);

    [Theory]
    [InlineData("")]
    [InlineData("Ja, gerne.")]
    [InlineData("https://example.org/ein/langer/pfad/auf/deutsch/der/nichts/sagt @jemand #schlagwort 123456")]
    [InlineData("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")]
    public void Too_little_has_no_answer(string text) => Assert.Null(Identifier.Identify(text));

    [Theory]
    [InlineData("Aiyah sorry lor... I watch tv watch until i forgot 2 check my phone.")]
    [InlineData("I'll be in sch fr 4-6... I dun haf da book in sch... It's at home...")]
    [InlineData("Dunno lei... I thk mum lazy to go out... I neva ask her yet...")]
    [InlineData("we had to wait til episode 7 to finally hear them say al masih ad dajjal")]
    public void The_slang_of_chats_is_no_other_language(string text) => Assert.True(Identifier.Identify(text) is null or { Code: "en" });

    [Fact]
    public void Any_text_has_an_answer_or_none() => Gen.String.Array[0, 20].Select(string.Concat).Sample(text =>
        Assert.True(Identifier.Identify(text) is null or { Code.Length: 2, Confidence: >= 0 and <= 1 }), iter: 500);

    [Fact]
    public void Threads_may_ask_at_once() => Parallel.For(0, 32, _ =>
        Assert.Equal("sv", new LanguageIdentifier().Identify("Hej, ditt paket väntar på dig, bekräfta din adress så snart som möjligt.")?.Code));

    [Theory]
    [InlineData("spam", "sms.jsonl.gz")] // five of these are in other languages
    [InlineData("synthetic", "tweepfake.jsonl.gz")]
    [InlineData("synthetic", "reddit_grid.jsonl.gz")]
    [InlineData("synthetic", "bias_toefl_native.jsonl.gz")]
    public void English_is_called_another_language_in_less_than_three_of_a_thousand_texts(string folder, string file)
    {
        int texts = 0, others = 0;
        foreach (JsonElement line in Lines(Repository.Shared("data", folder, file)))
        {
            string text = TextNormaliser.Normalise(line.GetProperty("text").GetString()!).Text;
            if (text.Length <= 60) continue;
            texts++;
            if (Identifier.Identify(text) is { Code: not "en" }) others++;
        }
        Assert.True(others < 0.003 * texts, $"{others} of {texts}");
    }

    [Fact]
    public void Phishing_in_other_languages_is_recognised()
    {
        int texts = 0, others = 0;
        foreach (JsonElement line in Lines(Repository.Shared("data", "spam", "email-phishing-pot.jsonl.gz")))
        {
            if (line.GetProperty("lang").GetString() != "other") continue;
            texts++;
            if (Identifier.Identify(TextNormaliser.Normalise(line.GetProperty("text").GetString()!).Text) is { Code: not "en" }) others++;
        }
        Assert.InRange(others, 0.75 * texts, texts); // a fifth of the slice is English in truth
    }

    private static IEnumerable<JsonElement> Lines(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return JsonElement.Parse(line);
    }
}
