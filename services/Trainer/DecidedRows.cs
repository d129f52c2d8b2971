using Detection.Contracts;
using Detection.Learning.Data;

namespace Detection.Trainer;

/// <summary>What moderators decided as rows that teach or set thresholds (<see cref="SplitRules.UseOf"/>). What they said nothing about is unknown, not absent.</summary>
public static class DecidedRows
{
    /// <summary>Up to three rows a message: authorship, kind of mail, techniques; none where the body was not stored.</summary>
    public static IEnumerable<LabelledRow> Of(JudgedMessage judged)
    {
        if (judged.Decision is not { } decision || string.IsNullOrWhiteSpace(judged.Message.Text)) yield break;
        var row = new LabelledRow
        {
            Id = judged.VerdictId,
            File = SplitRules.Decisions + "authorship",
            Task = LearningTask.Synthetic,
            Text = judged.Message.Text,
            Message = judged.Message,
            Split = "train",
            Domain = judged.Channel.Name(),
        };
        if (decision.Labels.Authorship is { } author) yield return row with { Machine = author == DecidedAuthor.Machine };
        if (decision.Labels.Mail is { } mail)
            yield return row with { File = SplitRules.Decisions + "mail", Task = LearningTask.Spam, Mail = mail switch { DecidedMail.Ham => MailKind.Ham, DecidedMail.Spam => MailKind.Spam, _ => MailKind.Phishing } };
        if (decision.Labels.Techniques is { Count: > 0 } techniques) yield return row with { File = SplitRules.Decisions + "techniques", Task = LearningTask.Manipulation, Techniques = techniques };
    }
}
