using System.Globalization;
using Detection.Contracts;

namespace Detection.Moderation.Dashboard;

/// <summary>The words that a page uses for what a verdict says; pure.</summary>
internal static class Wording
{
    public static string Of(VerdictAction action) => action switch { VerdictAction.Hold => "Hold", VerdictAction.Review => "Review", _ => "Allow" };

    public static string Of(Authorship authorship) => authorship switch
    {
        Authorship.Human => "Written by a person",
        Authorship.Machine => "Machine-written",
        Authorship.TooShort => "Too short to tell who wrote it",
        Authorship.Unsupported => "Language not supported",
        _ => "Unsure who wrote it",
    };

    public static string Short(Authorship authorship) => authorship switch
    {
        Authorship.Human => "human",
        Authorship.Machine => "machine",
        Authorship.TooShort => "too short",
        Authorship.Unsupported => "unsupported",
        _ => "unsure",
    };

    public static string Of(MailKind mail) => mail switch { MailKind.Ham => "Ham", MailKind.Spam => "Spam", MailKind.Phishing => "Phishing", _ => "Unsure" };

    public static string Of(Channel channel) => channel switch
    {
        Channel.Email => "E-mail",
        Channel.Sms => "Text message",
        Channel.Social => "Social",
        Channel.Forum => "Forum",
        Channel.Review => "Review",
        Channel.Chat => "Chat",
        Channel.Document => "Document",
        _ => "Other",
    };

    /// <summary>What a decision says, for example <c>machine · spam · confirmed Urgency or scarcity</c>.</summary>
    public static string Of(DecisionLabels labels)
    {
        var parts = new List<string>();
        if (labels.Authorship is { } authorship) parts.Add(authorship == DecidedAuthor.Machine ? "machine" : "human");
        if (labels.Mail is { } mail) parts.Add(mail.JsonName());
        foreach (bool confirmed in new[] { true, false })
            if (labels.Techniques.Where(technique => technique.Value == confirmed).Select(technique => Techniques.Find(technique.Key).Name).Order(StringComparer.Ordinal).ToArray() is { Length: > 0 } names)
                parts.Add((confirmed ? "confirmed " : "rejected ") + string.Join(", ", names));
        return parts.Count == 0 ? "nothing" : string.Join(" · ", parts);
    }

    /// <summary>How often ordinary messages score this high, in a sentence. rate = (1 + k)/(n + 1) with k of n at or above the score.</summary>
    public static string Of(FalsePositiveRate? rate, Channel channel)
    {
        if (rate is null || rate.N <= 0 || rate.Rate is not (> 0 and <= 1)) return "How often ordinary messages score this high: not measured";
        string ordinary = "ordinary " + (rate.Bucket.Contains(channel.Name(), StringComparison.OrdinalIgnoreCase) ? Plural(channel) : "messages");
        string n = rate.N.ToString("N0", CultureInfo.InvariantCulture);
        double k = Math.Round(rate.Rate * (rate.N + 1.0)) - 1;
        if (k <= 0) return $"None of {n} {ordinary} scored this high";
        string share = rate.Rate <= 0.5
            ? "1 in " + Math.Round(1 / rate.Rate).ToString("N0", CultureInfo.InvariantCulture)
            : Math.Round(100 * rate.Rate).ToString(CultureInfo.InvariantCulture) + " in 100";
        return $"{share} {ordinary} score at least this high; measured on {n}";
    }

    /// <summary>A probability with two digits; never rounded to certainty.</summary>
    public static string Probability(double? value) => value switch
    {
        null => "–",
        > 0.995 and < 1 => "> .99",
        < 0.005 and > 0 => "< .01",
        { } p => p.ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>A piece of evidence by name and number; that a rule matched has none.</summary>
    public static string Signal(Evidence evidence) => evidence.Signal == "rule" ? evidence.Signal : $"{evidence.Signal} {Number(evidence.Value)}";

    public static string Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "–";

    /// <summary>The time of day for today, else the day too, in the server's time zone.</summary>
    public static string When(DateTimeOffset moment, TimeProvider time)
    {
        var local = TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone);
        var today = time.GetLocalNow();
        string format = local.Date == today.Date ? "HH:mm:ss" : local.Year == today.Year ? "d MMM HH:mm" : "d MMM yyyy";
        return local.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>What a criterion measures; the names and signs are those of the contract.</summary>
    public static string Criterion(string name) => name switch
    {
        "mean_loglik" => "Mean log likelihood of a token; nearer 0 is more predictable",
        "mean_rank" => "Mean rank of the token in the model's guesses",
        "mean_logrank" => "Mean log rank; lower is more predictable",
        "mean_entropy" => "Mean uncertainty of the model",
        "lrr" => "Likelihood to log-rank ratio; higher is more machine-like",
        "fast_detectgpt" => "Fast-DetectGPT, analytic; higher is more machine-like",
        "fast_detectgpt_two" => "Fast-DetectGPT with two models; higher is more machine-like",
        "binoculars" => "Binoculars: lower is more machine-like",
        "gltr10" => "Share of tokens among the model's first 10 guesses",
        "gltr100" => "Share of tokens among the first 100",
        "gltr1000" => "Share of tokens among the first 1,000",
        "surprisal_std" => "Spread of surprise; people vary more",
        "n" => "Tokens that were predicted",
        _ => "",
    };

    private static string Plural(Channel channel) => channel switch
    {
        Channel.Email => "e-mails",
        Channel.Sms => "text messages",
        Channel.Social => "posts",
        Channel.Forum => "forum posts",
        Channel.Review => "reviews",
        Channel.Chat => "chat messages",
        Channel.Document => "documents",
        _ => "messages",
    };
}
