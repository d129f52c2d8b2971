using System.Globalization;
using System.Numerics;

namespace Detection.Contracts;

/// <summary>A share of messages above 0 and at most 1, exact, as a fraction in lowest terms; read from <c>1/500</c> or <c>0.002</c>.</summary>
public readonly record struct Share
{
    private const long Most = 1_000_000_000_000;

    private Share(long part, long whole) => (Part, Whole) = (part, whole);

    public long Part { get; }
    public long Whole { get; }

    /// <summary>The nearest double: a rate (1 + k)/(n + 1) that equals the fraction equals this too.</summary>
    public double Value => (double)Part / Whole;

    /// <summary>The fewest n with 1/(n + 1) within the share: with fewer messages not even the highest score of all shows it.</summary>
    public long MessagesNeeded => (Whole + Part - 1) / Part - 1;

    /// <summary>Null: not above 0, more than 1, or numbers beyond 10^12.</summary>
    public static Share? Of(long part, long whole)
    {
        if (part is < 1 or > Most || whole is < 1 or > Most || part > whole) return null;
        long common = (long)BigInteger.GreatestCommonDivisor(part, whole);
        return new Share(part / common, whole / common);
    }

    /// <summary>Null: not a share.</summary>
    public static Share? Parse(string text) => text.Split('/') switch
    {
        [var part, var whole] => Digits(part) is { } p && Digits(whole) is { } w ? Of(p, w) : null,
        // Twelve digits behind the point are all that a share of at most 10^12 messages needs.
        [var number] when number.Length <= 14 && decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal share) && share is > 0 and <= 1 =>
            Of((long)(share * Most), Most),
        _ => null,
    };

    /// <summary>Null where the parts are too small to be said.</summary>
    public Share? DividedBy(int parts) => Whole <= Most / parts ? Of(Part, Whole * parts) : null;

    /// <summary><c>1/500</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Part}/{Whole}");

    /// <summary>For people: <c>1 in 500</c>.</summary>
    public string InWords() => string.Create(CultureInfo.InvariantCulture, $"{Part:N0} in {Whole:N0}");

    private static long? Digits(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
