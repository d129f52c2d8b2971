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

    /// <summary>Longer ones are no words.</summary>
    private const int LongestWord = 40;

    private static readonly SearchValues<char> PhoneDigits = SearchValues.Create("0123456789-");

    public const string Credentials = "asks-credentials", Payment = "asks-payment", Urgency = "urgency", Threat = "threat", Reward = "reward-offer", Visit = "asks-visit", Contact = "asks-contact",
        Sale = "sale-offer", Impersonal = "impersonal-greeting", Confidence = "asks-confidence", Instant = "asks-availability",
        Secret = "asks-secret", NewAccount = "new-bank-details", Secrecy = "asks-secrecy";

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
        new(Secret, "enter. provid. confirm. submit. type complet. with asked send photograph. have share", "password. passphrase passcode. pin cvv cvc otp phrase credential. card.") { Near = 5 },
        new(NewAccount, "new changed change updat. different instead moved switched", "bank. iban payroll salar. beneficiary") { Near = 4 },
        new(Secrecy, "between quiet quietly mention. discretion secret", "us keep keeping not don't appreciate.") { Near = 2 },
    ];

    private static readonly Vocabulary Listed = new(Rules);

    /// <summary>How often each kind of ask stands in a text; kinds that do not are left out.</summary>
    /// <param name="text">Normalised.</param>
    public static IReadOnlyDictionary<string, int> Of(string text)
    {
        var words = Words(text);
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int rule = 0; rule < Rules.Length; rule++)
            if (Count(words, Vocabulary.Verb(rule), Vocabulary.Thing(rule), Rules[rule].Near) is > 0 and var count) found[Rules[rule].Name] = count;
        return found;
    }

    /// <summary>The words that stand in a list of any rule, by their places in the text.</summary>
    private static List<(int Place, uint Lists)> Words(string text)
    {
        var words = new List<(int Place, uint Lists)>();
        int start = -1, place = 0;
        for (int i = 0; i <= text.Length && place < MostWords; i++)
        {
            char letter = i < text.Length ? text[i] : ' ';
            if (char.IsLetterOrDigit(letter) || letter is '\'' or '-') { if (start < 0) start = i; continue; }
            if (start >= 0) Add(Lists(text.AsSpan(start, i - start)));
            start = -1;
            if (letter is '$' or '£' or '€' or '%') Add(Listed.Of([letter]));
        }
        return words;

        void Add(uint lists)
        {
            if (lists != 0) words.Add((place, lists));
            place++;
        }
    }

    /// <summary>Numbers long enough to be called are one word.</summary>
    private static uint Lists(ReadOnlySpan<char> word)
    {
        if (word.Length > LongestWord) return 0;
        if (word.Length >= 4 && char.IsAsciiDigit(word[^1]) && !word.ContainsAnyExcept(PhoneDigits)) return Listed.Of("#");
        Span<char> lower = stackalloc char[LongestWord];
        return Listed.Of(lower[..word.ToLowerInvariant(lower)]);
    }

    /// <summary>Verbs with a thing near; the same words are no ask twice.</summary>
    private static int Count(List<(int Place, uint Lists)> words, uint verbs, uint things, int near)
    {
        int count = 0, thing = -near - 1, verb = -near - 1;
        foreach (var (place, lists) in words)
        {
            // A word may stand in both lists; it is no company for itself.
            bool isVerb = (lists & verbs) != 0, isThing = (lists & things) != 0;
            if (isVerb && place - thing <= near || isThing && place - verb <= near)
            {
                count++;
                (thing, verb) = (-near - 1, -near - 1);
                continue;
            }
            if (isVerb) verb = place;
            if (isThing) thing = place;
        }
        return count;
    }

    private sealed record Rule(string Name, string Verbs, string Things)
    {
        /// <summary>A verb and its thing are this many words apart at most.</summary>
        public int Near { get; init; } = 6;
    }

    /// <summary>The words of all rules, whole ones and beginnings by their first letters, each with a bit for every list that it stands in: a word of a text is looked up once, not once a list.</summary>
    private sealed class Vocabulary
    {
        private const int Shortest = 3;
        private readonly Dictionary<string, uint>.AlternateLookup<ReadOnlySpan<char>> _whole;
        private readonly Dictionary<string, List<(string Beginning, uint Lists)>>.AlternateLookup<ReadOnlySpan<char>> _beginnings;

        public Vocabulary(Rule[] rules)
        {
            var whole = new Dictionary<string, uint>(StringComparer.Ordinal);
            var beginnings = new Dictionary<string, List<(string Beginning, uint Lists)>>(StringComparer.Ordinal);
            for (int rule = 0; rule < rules.Length; rule++)
                foreach (var (words, list) in new[] { (rules[rule].Verbs, Verb(rule)), (rules[rule].Things, Thing(rule)) })
                    foreach (string listed in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    {
                        string word = listed.TrimEnd('.');
                        if (listed[^1] != '.' || listed.Length <= Shortest) whole[word] = whole.GetValueOrDefault(word) | list;
                        else if (beginnings.TryGetValue(word[..Shortest], out var same)) same.Add((word, list));
                        else beginnings[word[..Shortest]] = [(word, list)];
                    }
            _whole = whole.GetAlternateLookup<ReadOnlySpan<char>>();
            _beginnings = beginnings.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public static uint Verb(int rule) => 1u << 2 * rule;

        public static uint Thing(int rule) => 2u << 2 * rule;

        public uint Of(ReadOnlySpan<char> word)
        {
            _whole.TryGetValue(word, out uint lists);
            if (word.Length >= Shortest && _beginnings.TryGetValue(word[..Shortest], out var beginnings))
                foreach (var (beginning, list) in beginnings)
                    if (word.StartsWith(beginning)) lists |= list;
            return lists;
        }
    }
}
