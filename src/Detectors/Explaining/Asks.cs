using System.Buffers;

namespace Detection.Detectors.Explaining;

/// <summary>
/// What a message wants of its reader, by words that stand near each other: a verb of one list and a thing of another within a few words. By hand, so that it holds for a channel and an
/// era that no data set has; polite and correct mail asks for the same things as crude mail.
/// </summary>
internal static class Asks
{
    /// <summary>What a message wants stands at its beginning; more words are not read.</summary>
    private const int MostWords = 1_500;

    /// <summary>A verb and its thing are this many words apart at most.</summary>
    private const int Near = 6;

    private static readonly SearchValues<char> PhoneDigits = SearchValues.Create("0123456789-");

    public const string Credentials = "asks-credentials", Payment = "asks-payment", Urgency = "urgency", Threat = "threat", Reward = "reward-offer", Visit = "asks-visit", Contact = "asks-contact",
        Sale = "sale-offer", Impersonal = "impersonal-greeting", Confidence = "asks-confidence", Instant = "asks-availability";

    // A word with a full stop at its end is a beginning: "verif." stands for verify, verified, verification.
    private static readonly Rule[] Rules =
    [
        new(Credentials, "verif. confirm. validat. authenticat. updat. enter. provid. submit. reactivat. restor. unlock. reset. log logging login sign signing secure re-enter register.",
            "password. passcode. credential. account. identity login pin username. ssn mailbox. wallet. seed otp code. details profile information billing recovery in"),
        new(Payment, "pay paid paying transfer. wire. send sending settl. deposit. purchas. buy process. remit. release. refund. top",
            "invoice. payment. bank iban gift card. bitcoin. btc fee. amount. funds usdt crypto. account balance. beneficiary charge. customs postage toll. supplier. $ £ €"),
        new(Urgency, "urgent. immediately asap expire. expiring expiry deadline. overdue hours hurry final last soon today tomorrow now",
            "action. required. notice warning account. attention within limited time avoid respond. reply. offer. before request. need. hours please act."),
        new(Threat, "suspend. terminat. clos. limit. block. restrict. lock. deactivat. cancel. legal arrest. fine. penalt. unauthor. unusual suspicious fraud. compromis. breach.",
            "account. access. service. mailbox. card. device. action. activit. sign-in login transaction. payment. subscription. information"),
        new(Reward, "claim. won win winner. winning selected congratulation. receive. entitled. awarded. earn. get collect. redeem. guaranteed double",
            "prize. reward. gift. cash. bonus. award. voucher. million. fund. airdrop. giveaway. lottery. inherit. free $ £ € money income profit. token. compensation credit."),
        new(Visit, "click. visit. check. subscribe. follow. watch. join. tap open. download. view. go see sub like share browse. access. review",
            "link. here channel. video. page. website. site. below button. out attach. www http https url portal. com document. file. me my"),
        new(Contact, "call. text txt reply. contact. whatsapp. phone. dial. respond. email. msg ring",
            "# now stop yes me us back number. line. landline claim. win. agent. attorney barrister free"),
        new(Sale, "save. discount. off cheap. lowest low best limited special order. buy. free guarantee. sale. deal. price. rates rate",
            "% price. today now online product. money shipping. quality rolex viagra pill. pharmac. mortgage. loan. insurance software offer. credit. trial weight. debt."),
        new(Impersonal, "dear. hello hi attention. valued esteemed dearest", "customer. user. member. friend. client. sir madam beneficiary winner. subscriber. holder. cardholder. sir/madam recipient."),
        new(Confidence, "confidential. private secret. discreet. trust. foreign overseas deceased late inherit.", "transaction. business proposal. deal. matter. kin transfer. fund. million. barrister bank surprise."),
        new(Instant, "available free desk meeting quick. favour favor discreet. handle. task. errand", "moment now quick. minute. urgent. task. gift. confidential. number whatsapp. payment. reply."),
    ];

    /// <summary>How often each kind of ask stands in a text; kinds that do not are left out.</summary>
    /// <param name="text">Normalised.</param>
    public static IReadOnlyDictionary<string, int> Of(string text)
    {
        var words = Words(text);
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var rule in Rules)
            if (rule.Count(words) is > 0 and var count) found[rule.Name] = count;
        return found;
    }

    private static List<string> Words(string text)
    {
        var words = new List<string>();
        int start = -1;
        for (int i = 0; i <= text.Length && words.Count < MostWords; i++)
        {
            char letter = i < text.Length ? text[i] : ' ';
            if (char.IsLetterOrDigit(letter) || letter is '\'' or '-') { if (start < 0) start = i; continue; }
            if (start >= 0) words.Add(Word(text.AsSpan(start, i - start)));
            start = -1;
            if (letter is '$' or '£' or '€' or '%') words.Add(letter.ToString());
        }
        return words;
    }

    /// <summary>Numbers long enough to be called are one word.</summary>
    private static string Word(ReadOnlySpan<char> word) => word.Length > 40 ? "" : word.Length >= 4 && char.IsAsciiDigit(word[^1]) && !word.ContainsAnyExcept(PhoneDigits) ? "#" : word.ToString().ToLowerInvariant();

    private sealed class Rule(string name, string verbs, string things)
    {
        private readonly Vocabulary _verbs = new(verbs), _things = new(things);

        public string Name => name;

        /// <summary>Verbs with a thing near; the same words are no ask twice.</summary>
        public int Count(List<string> words)
        {
            int count = 0, thing = -Near - 1, verb = -Near - 1;
            for (int i = 0; i < words.Count; i++)
            {
                // A word may stand in both lists; it is no company for itself.
                bool isVerb = _verbs.Has(words[i]), isThing = _things.Has(words[i]);
                if (isVerb && i - thing <= Near || isThing && i - verb <= Near)
                {
                    count++;
                    (thing, verb) = (-Near - 1, -Near - 1);
                    continue;
                }
                if (isVerb) verb = i;
                if (isThing) thing = i;
            }
            return count;
        }
    }

    /// <summary>Whole words, and beginnings by their first letters.</summary>
    private sealed class Vocabulary
    {
        private const int Shortest = 3;
        private readonly HashSet<string> _whole;
        private readonly ILookup<string, string> _beginnings;

        public Vocabulary(string words)
        {
            var listed = words.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToLookup(word => word[^1] == '.' && word.Length > Shortest);
            _whole = listed[false].Select(word => word.TrimEnd('.')).ToHashSet(StringComparer.Ordinal);
            _beginnings = listed[true].Select(word => word.TrimEnd('.')).ToLookup(word => word[..Shortest], StringComparer.Ordinal);
        }

        public bool Has(string word) => word.Length > 0 && (_whole.Contains(word)
            || word.Length >= Shortest && _beginnings[word[..Shortest]].Any(beginning => word.StartsWith(beginning, StringComparison.Ordinal)));
    }
}
