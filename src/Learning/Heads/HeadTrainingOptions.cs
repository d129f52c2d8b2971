using System.ComponentModel.DataAnnotations;
using Detection.Learning.Data;

namespace Detection.Learning.Heads;

/// <summary>What <see cref="HeadTraining"/> learns from and where it writes.</summary>
public sealed record HeadTrainingOptions
{
    /// <summary>Labelled files of any of the three tasks.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>Corpus files with texts by people; empty: no negatives and no calibration beyond the labelled files.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [];

    /// <summary>SHA-256 of corpus documents that are used elsewhere, for example in samples.</summary>
    public IReadOnlyCollection<string> ExcludedDocuments { get; init; } = [];

    /// <summary>Labelled rows from elsewhere: new samples, moderators' decisions. All of them count, however many; of the decisions a fifth sets thresholds, the others teach.</summary>
    public IReadOnlyList<LabelledRow> Extra { get; init; } = [];

    /// <summary>The loosest licence class that teaches or calibrates. Default: unstated.</summary>
    public LicenceClass Licences { get; init; } = LicenceClass.Unstated;

    /// <summary>Also trains a second set of heads on all sources, restricted ones too, for research: <c>heads-research.safetensors</c>.</summary>
    public bool Research { get; init; }

    /// <summary>
    /// Heads of the bundle that the pipeline was opened on stay as they are where the data holds too few answers for one, or <see cref="Only"/> does not name it; then all heads read the words that
    /// they know. False: such heads are missing from the new version.
    /// </summary>
    public bool Keep { get; init; }

    /// <summary>Heads that are trained; empty: all that the data teaches.</summary>
    public IReadOnlyCollection<string> Only { get; init; } = [];

    /// <summary>Share of the authorship rows that teach a second time under one of the eight attacks of <see cref="Attacks.Attack"/>. Default a tenth.</summary>
    [Range(0.0, 1.0)]
    public double AttackedShare { get; init; } = 0.1;

    /// <summary>Most rows of one file that teach, half of them positive where it has as many. Default 1,000.</summary>
    [Range(10, 1_000_000)]
    public int RowsPerSource { get; init; } = 1_000;

    /// <summary>Most further rows of one file of mail or techniques that teach by their words and make-up alone, without a pass of the model. Default: all.</summary>
    [Range(0, 1_000_000)]
    public int UnreadRowsPerSource { get; init; } = 1_000_000;

    /// <summary>Most corpus texts of one channel and length that calibrate. Default 1,000.</summary>
    [Range(0, 100_000)]
    public int CorpusCalibrates { get; init; } = 1_000;

    /// <summary>Most corpus texts of one channel and length that are negatives. Default 400.</summary>
    [Range(0, 100_000)]
    public int CorpusTeaches { get; init; } = 400;

    /// <summary>Folder of stored features, outside any checkout.</summary>
    public required string Features { get; init; }

    /// <summary>The bundle's folder; made, or its heads and manifest replaced.</summary>
    public required string Output { get; init; }

    public required string Name { get; init; }
    public required string Version { get; init; }

    /// <summary>True: base weights are copied into the bundle; false: named by hash.</summary>
    public bool CopyBase { get; init; }

    /// <summary>Where the base weights can be had, for people.</summary>
    public required string BaseFrom { get; init; }
    public required string BaseLicence { get; init; }

    /// <summary>Share of people that may be called machine, or of ham that may be called spam or phishing. Default 1 %.</summary>
    [Range(0.0001, 0.5)]
    public double Budget { get; init; } = 0.01;
}
