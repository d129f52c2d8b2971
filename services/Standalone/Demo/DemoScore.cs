using System.Globalization;
using Detection.Contracts;

namespace Detection.Standalone.Demo;

/// <summary>How many of the labelled samples were judged right; silence is counted as silence, never as right.</summary>
internal sealed class DemoScore(IReadOnlyDictionary<string, SampleLabel> labels)
{
    private readonly Tally _machine = new(), _human = new(), _ham = new(), _unwanted = new();
    private int _techniques, _techniquesFound;

    public void Add(Verdict verdict)
    {
        if (!labels.TryGetValue(verdict.MessageId, out var label)) return;
        if (label.Authorship is { } author)
            (author == DecidedAuthor.Machine ? _machine : _human).Count(verdict.Authorship is Authorship.Machine or Authorship.Human, verdict.Authorship == Authorship.Machine == (author == DecidedAuthor.Machine));
        if (label.Mail is { } mail)
        {
            bool unwanted = verdict.Decided.Mail is MailKind.Spam or MailKind.Phishing;
            (mail == DecidedMail.Ham ? _ham : _unwanted).Count(verdict.Decided.Mail != MailKind.Unsure, unwanted == (mail != DecidedMail.Ham));
        }
        foreach (string technique in label.Techniques ?? [])
        {
            _techniques++;
            if (verdict.Decided.Techniques.Contains(technique)) _techniquesFound++;
        }
    }

    public IEnumerable<string> Sentences()
    {
        yield return $"written by people       {_human}";
        yield return $"written by a machine    {_machine}";
        yield return $"ordinary mail           {_ham}";
        yield return $"spam and phishing       {_unwanted}";
        yield return string.Create(CultureInfo.InvariantCulture, $"techniques labelled     {_techniquesFound} of {_techniques} named");
    }

    private sealed class Tally
    {
        private int _all, _right, _wrong;

        public void Count(bool decided, bool right)
        {
            _all++;
            if (decided && right) _right++;
            else if (decided) _wrong++;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_right} of {_all} right, {_wrong} wrong, {_all - _right - _wrong} undecided");
    }
}
