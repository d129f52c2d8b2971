using Detection.Contracts;
using Detection.Learning.Data;
using Detection.Trainer;

namespace Detection.Tests.Trainer;

public sealed class DecidedRowsTests
{
    [Fact]
    public void Each_answer_teaches_its_own_head_and_what_was_not_said_stays_unknown()
    {
        var rows = DecidedRows.Of(Decided(new DecisionLabels(DecidedAuthor.Human, DecidedMail.Phishing, new Dictionary<string, bool> { ["fear_threat"] = true }))).ToArray();
        Assert.Equal(["decisions/authorship", "decisions/mail", "decisions/techniques"], rows.Select(row => row.File));
        Assert.Equal([(false, null, null), (null, MailKind.Phishing, null), (null, null, true)], rows.Select(row => (row.Machine, row.Mail, (bool?)row.Techniques?["fear_threat"])));
        Assert.All(rows, row => Assert.Equal(("train", "email"), (row.Split, row.Domain)));
    }

    [Fact]
    public void A_message_without_a_stored_body_or_without_a_decision_teaches_nothing()
    {
        var judged = Decided(new DecisionLabels(DecidedAuthor.Human, null, new Dictionary<string, bool>()));
        Assert.Single(DecidedRows.Of(judged));
        Assert.Empty(DecidedRows.Of(judged with { Message = judged.Message with { Text = null } }));
        Assert.Empty(DecidedRows.Of(judged with { Decision = null }));
    }

    private static JudgedMessage Decided(DecisionLabels labels)
    {
        var judged = Some.JudgedMessage();
        return judged with { Decision = new DecisionSummary(labels, "local", Some.Time, "d1") };
    }
}
