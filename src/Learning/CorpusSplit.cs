using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Detection.Learning;

/// <summary>What a document of the human corpus may be used for. The three never meet, so that no text calibrates a model that has read it.</summary>
public enum CorpusUse
{
    /// <summary>Human texts that set thresholds and false-positive rates.</summary>
    Calibration,

    /// <summary>Human texts that heads learn from.</summary>
    HeadNegatives,

    /// <summary>Texts that the language model learns from.</summary>
    Pretraining,
}

public static class CorpusSplit
{
    /// <summary>b = first 8 bytes of SHA-256 over the UTF-8 text as a big-endian unsigned number, mod 10.</summary>
    public static int Bucket(string text) => (int)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) % 10);

    /// <summary>b = 0 calibrates, b = 1 gives heads their negatives, the rest is read by the language model.</summary>
    public static CorpusUse UseOf(string text) => Bucket(text) switch
    {
        0 => CorpusUse.Calibration,
        1 => CorpusUse.HeadNegatives,
        _ => CorpusUse.Pretraining,
    };
}
