using System.Drawing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Detection.Ingest;

/// <summary>Lengths and colours of CSS (Values and Units 3, Color 4) as far as mail uses them.</summary>
internal static partial class CssValue
{
    /// <summary>Pixels; null: no length, or one that depends on the surrounding box (a percentage without <paramref name="whole"/>).</summary>
    public static double? Pixels(string? value, double fontSize, double? whole = null)
    {
        var match = Length().Match(value ?? "");
        if (!match.Success || !double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return null;
        return match.Groups[2].Value switch
        {
            "" or "px" => number,
            "pt" => number * 4 / 3,
            "em" => number * fontSize,
            "ex" or "ch" => number * fontSize / 2,
            "rem" => number * 16,
            "in" => number * 96,
            "cm" => number * 96 / 2.54,
            "mm" => number * 96 / 25.4,
            "%" => number == 0 ? 0 : number * whole / 100,
            _ => null,
        };
    }

    /// <summary>A length among the words of a shorthand such as <c>font: bold 1px/2px Arial</c>.</summary>
    public static double? FontSize(string? font, double parent) =>
        font?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('/')[0]).Where(word => !Weight().IsMatch(word)).Select(word => Pixels(word, parent, parent)).FirstOrDefault(size => size is not null);

    /// <summary>Red, green, blue and alpha; null: no colour that is known here.</summary>
    public static Color? Colour(string? value)
    {
        value = value?.Trim().ToLowerInvariant() ?? "";
        if (value.Length is 0 or > 100) return null;
        if (Hex(value.StartsWith('#') ? value[1..] : value) is { } hex) return hex;
        if (Function().Match(value) is { Success: true } rgb) return FromFunction(rgb);
        var named = Color.FromName(value.Replace("grey", "gray", StringComparison.Ordinal));
        return named is { IsKnownColor: true, IsSystemColor: false } ? named : null;
    }

    /// <summary>As it looks on a ground.</summary>
    public static Color Over(this Color top, Color ground)
    {
        double alpha = top.A / 255.0;
        int Mix(int above, int below) => (int)Math.Round((above * alpha) + (below * (1 - alpha)));
        return Color.FromArgb(Mix(top.R, ground.R), Mix(top.G, ground.G), Mix(top.B, ground.B));
    }

    public static double Distance(Color a, Color b) => Math.Sqrt(Math.Pow(a.R - b.R, 2) + Math.Pow(a.G - b.G, 2) + Math.Pow(a.B - b.B, 2));

    private static Color? Hex(string digits)
    {
        if (digits.Length is not (3 or 4 or 6 or 8) || !digits.All(char.IsAsciiHexDigit)) return null;
        if (digits.Length < 6) digits = string.Concat(digits.Select(digit => new string(digit, 2)));
        int rgb = int.Parse(digits.AsSpan(0, 6), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        int alpha = digits.Length == 8 ? int.Parse(digits.AsSpan(6), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 255;
        return Color.FromArgb(alpha, Color.FromArgb(rgb));
    }

    private static Color FromFunction(Match rgb)
    {
        int Channel(int group) => Math.Min(255, (int)(double.Parse(rgb.Groups[group].Value, CultureInfo.InvariantCulture) * (rgb.Groups[group + 1].Length > 0 ? 2.55 : 1)));
        double alpha = rgb.Groups[7].Length > 0 ? double.Parse(rgb.Groups[7].Value, CultureInfo.InvariantCulture) / (rgb.Groups[8].Length > 0 ? 100 : 1) : 1;
        return Color.FromArgb((int)(Math.Clamp(alpha, 0, 1) * 255), Channel(1), Channel(3), Channel(5));
    }

    [GeneratedRegex(@"\A([-+]?(?:[0-9]{1,9}\.?[0-9]{0,9}|\.[0-9]{1,9}))(px|pt|em|ex|ch|rem|in|cm|mm|%)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Length();

    [GeneratedRegex(@"\A[1-9]00\z", RegexOptions.CultureInvariant)]
    private static partial Regex Weight();

    [GeneratedRegex(@"\Argba?\(\s*([0-9]{1,3}(?:\.[0-9]{1,6})?)(%?)[\s,]+([0-9]{1,3}(?:\.[0-9]{1,6})?)(%?)[\s,]+([0-9]{1,3}(?:\.[0-9]{1,6})?)(%?)(?:[\s,/]+([0-9]{0,3}\.?[0-9]{1,6})(%?))?\s*\)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Function();
}
