using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Detection.Contracts;

/// <summary>
/// Packed per-token scores of the judged text, for the heat map: five arrays of one length. Offsets are UTF-16 code units of the stored text, end exclusive.
/// The first token of a text has no prediction before it; its log p, rank and entropy are NaN, -1 and NaN. In JSON: base64 of <see cref="Pack"/>.
/// </summary>
[JsonConverter(typeof(TokenScoreMapConverter))]
public sealed record TokenScoreMap(int[] Start, int[] End, float[] LogProb, int[] Rank, float[] Entropy)
{
    private const byte Version = 1;

    /// <summary>A map with more tokens is refused by <see cref="Unpack"/>.</summary>
    public const int MaxTokens = 1 << 20;

    public int Count => Start.Length;

    /// <summary>Version, count, then per token: start (u32), length (u16), log p (half), rank (u24, saturating; 0xFFFFFF = none), entropy (half); little endian, 13 bytes a token.</summary>
    public byte[] Pack()
    {
        byte[] packed = new byte[5 + 13 * Count];
        packed[0] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(1), Count);
        for (int i = 0; i < Count; i++)
        {
            var token = packed.AsSpan(5 + 13 * i, 13);
            BinaryPrimitives.WriteInt32LittleEndian(token, Start[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(token[4..], (ushort)Math.Min(End[i] - Start[i], ushort.MaxValue));
            BinaryPrimitives.WriteHalfLittleEndian(token[6..], (Half)LogProb[i]);
            int rank = Rank[i] < 0 ? 0xFFFFFF : Math.Min(Rank[i], 0xFFFFFE);
            (token[8], token[9], token[10]) = ((byte)rank, (byte)(rank >> 8), (byte)(rank >> 16));
            BinaryPrimitives.WriteHalfLittleEndian(token[11..], (Half)Entropy[i]);
        }
        return packed;
    }

    /// <exception cref="FormatException">Not the form that <see cref="Pack"/> writes.</exception>
    public static TokenScoreMap Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed.Length < 5 || packed[0] != Version) throw new FormatException("tokenScores: unknown version.");
        int count = BinaryPrimitives.ReadInt32LittleEndian(packed[1..]);
        if (count is < 0 or > MaxTokens || packed.Length != 5 + 13 * (long)count) throw new FormatException("tokenScores: the length does not fit the token count.");
        var map = new TokenScoreMap(new int[count], new int[count], new float[count], new int[count], new float[count]);
        for (int i = 0; i < count; i++)
        {
            var token = packed.Slice(5 + 13 * i, 13);
            map.Start[i] = BinaryPrimitives.ReadInt32LittleEndian(token);
            map.End[i] = map.Start[i] + BinaryPrimitives.ReadUInt16LittleEndian(token[4..]);
            map.LogProb[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(token[6..]);
            int rank = token[8] | token[9] << 8 | token[10] << 16;
            map.Rank[i] = rank == 0xFFFFFF ? -1 : rank;
            map.Entropy[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(token[11..]);
        }
        return map;
    }
}

internal sealed class TokenScoreMapConverter : JsonConverter<TokenScoreMap>
{
    public override TokenScoreMap? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (!reader.TryGetBytesFromBase64(out byte[]? packed)) throw new JsonException("tokenScores must be base64.");
        try { return TokenScoreMap.Unpack(packed); }
        catch (FormatException wrong) { throw new JsonException(wrong.Message); }
    }

    public override void Write(Utf8JsonWriter writer, TokenScoreMap value, JsonSerializerOptions options) => writer.WriteBase64StringValue(value.Pack());
}
