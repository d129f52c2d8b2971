namespace Detection.Text.BytePairs;

/// <summary>
/// The 256 printable letters that stand for bytes in a byte-level vocabulary (GPT-2's bytes_to_unicode): printable Latin-1 bytes
/// stand for themselves, the others for U+0100 onwards in order.
/// </summary>
public static class ByteAlphabet
{
    public const char Space = '\u0120';

    private static readonly char[] Letters = MakeLetters();
    private static readonly short[] Bytes = MakeBytes();

    public static char Letter(byte value) => Letters[value];

    /// <summary>The byte that a letter stands for, or -1.</summary>
    public static int ByteOf(char letter) => letter < Bytes.Length ? Bytes[letter] : -1;

    private static char[] MakeLetters()
    {
        char[] letters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
            letters[value] = value is >= 0x21 and <= 0x7E or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF ? (char)value : (char)next++;
        return letters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[Letters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++) bytes[Letters[value]] = (short)value;
        return bytes;
    }
}
