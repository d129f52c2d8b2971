using Detection.Contracts;
using Detection.Detectors;
using Detection.Detectors.Bundles;
using Detection.Detectors.Calibration;
using Detection.Detectors.Heads;
using Detection.Learning.Data;

namespace Detection.Learning.Heads;

/// <summary>How many messages were added to those that a bundle's rates rest on.</summary>
/// <param name="LeftOut">Given twice, empty, or in a language that the heads were not made for.</param>
public sealed record RecalibrationReport(BundleManifest Manifest, int Human, int Ham, int LeftOut);

/// <summary>
/// Adds messages of which somebody knows that a person wrote them, or that they are wanted, to those that a bundle's false-positive rates and thresholds rest on. Weights, probabilities and what
/// techniques are named from stay as they are: who writes like the messages given is called a machine, or a sender of spam, as seldom as the bundle's budget allows.
/// </summary>
public static class Recalibration
{
    private const int Batch = 32;

    /// <param name="pipeline">Opened on the bundle.</param>
    /// <param name="human">By people; they must not have taught the heads. Says nothing about mail.</param>
    /// <param name="ham">Wanted, whoever wrote it; says nothing about authorship.</param>
    /// <param name="output">The new version's folder, not the bundle's own.</param>
    /// <exception cref="InvalidDataException">There is no message that counts, or the folder is the bundle's own.</exception>
    public static RecalibrationReport Run(DetectionPipeline pipeline, Bundle bundle, IReadOnlyList<Message> human, IReadOnlyList<Message> ham, string output, string version, CancellationToken cancellation = default)
    {
        if (Path.GetFullPath(output) == Path.GetFullPath(bundle.Folder)) throw new InvalidDataException($"{output}: is the bundle's own folder; a version is never changed, write the next one elsewhere.");
        Reading[] people = Read(pipeline, human, cancellation), wanted = Read(pipeline, ham, cancellation);
        if (people.Length + wanted.Length == 0) throw new InvalidDataException("There is no message among those given that counts: all are empty or in a language that the heads were not made for.");
        var manifest = bundle.Manifest with { Version = version, Training = [.. bundle.Manifest.Training, .. Sources(people, wanted)], Metrics = null };
        Directory.CreateDirectory(output);
        foreach (string file in Directory.EnumerateFiles(bundle.Folder).Where(file => Stays(bundle, Path.GetFileName(file)))) File.Copy(file, Path.Combine(output, Path.GetFileName(file)), overwrite: true);
        var first = Add(bundle.WithHeads(research: false), people, wanted);
        manifest = manifest with { Decisions = first.Decisions, Heads = manifest.Heads with { Default = BundleWriter.Write(output, manifest.Heads.Default.Name, first.File) } };
        if (manifest.Research is { } research && manifest.Heads.Research is { } heads)
        {
            var second = Add(bundle.WithHeads(research: true), people, wanted);
            manifest = manifest with { Research = research with { Decisions = second.Decisions }, Heads = manifest.Heads with { Research = BundleWriter.Write(output, heads.Name, second.File) } };
        }
        BundleWriter.Save(output, manifest);
        ModelCard.WriteTo(output, bundle.Manifest, manifest, people.Length, wanted.Length);
        return new RecalibrationReport(manifest, people.Length, wanted.Length, human.Count + ham.Count - people.Length - wanted.Length);
    }

    /// <summary>Each text once: what was given twice shows no more than once.</summary>
    private static Reading[] Read(DetectionPipeline pipeline, IReadOnlyList<Message> messages, CancellationToken cancellation) => [.. messages
        .Where(message => !string.IsNullOrWhiteSpace(message.Text)).DistinctBy(VerdictIdentity.ContentSha256)
        // Like lengths together: a pack has little padding then.
        .OrderBy(message => message.Text!.Length).Chunk(Batch).SelectMany(batch => pipeline.Read(batch, cancellation)).Where(reading => reading.Supported)];

    /// <summary>Base weights, licences and what is said of the language model; figures and pictures are of the version before.</summary>
    private static bool Stays(Bundle bundle, string file) =>
        bundle.Manifest.Base.Inside && bundle.Manifest.Base.Files.Any(one => one.Name == file) || file is ModelCard.About or "LICENSE" or BundleWriter.ResearchLicence;

    private static (HeadFile File, DecisionSettings Decisions) Add(Bundle set, Reading[] human, Reading[] ham)
    {
        var people = new Dictionary<string, HumanScores>(set.Heads.People, StringComparer.Ordinal);
        ScoreDecision Anew(string head, ScoreDecision before, Reading[] readings)
        {
            int at = set.Heads.Heads.Place(head);
            if (at == set.Heads.Heads.Heads.Count || readings.Length == 0) return before;
            var added = readings.Select(reading => (reading.Message.Channel, reading.Normalised.Length, set.Heads.Heads.Margins(reading.Features)[at]));
            people[head] = people.TryGetValue(head, out var known) ? known.With(added) : HumanScores.From(added);
            return before with { Above = Thresholds.Above(people[head], before.Budget, before.Confidence) };
        }

        var decisions = set.Decisions;
        decisions = decisions with
        {
            Synthetic = Anew(HeadNames.Synthetic, decisions.Synthetic, human),
            Spam = Anew(HeadNames.Spam, decisions.Spam, ham),
            Phishing = Anew(HeadNames.Phishing, decisions.Phishing, ham),
        };
        return (set.Heads with { People = people }, decisions);
    }

    private static IEnumerable<TrainingSource> Sources(Reading[] human, Reading[] ham)
    {
        foreach (var (name, readings) in new[] { ("calibrate/human", human), ("calibrate/ham", ham) })
            if (readings.Length > 0)
                yield return new TrainingSource(name, "calibrates", readings.Length, LabelledSet.HashOf(readings.Select(reading => reading.Normalised)), "own", "collected here");
    }
}
