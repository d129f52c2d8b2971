using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Detection.Storage.Sqlite;

/// <summary>Where a page ended: the values that it is ordered by, and the row. Opaque outside; a page after it is not disturbed by what is stored meanwhile.</summary>
internal sealed record SearchCursor(VerdictOrder Order, long ProcessedAt, int Action, double Suspicion, long Row)
{
    public override string ToString() => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(int)Order}:{ProcessedAt}:{Action}:{Suspicion:R}:{Row}")));

    /// <exception cref="ArgumentException">Not a cursor of this order.</exception>
    public static SearchCursor Parse(string text, VerdictOrder order)
    {
        var invariant = CultureInfo.InvariantCulture;
        if (text.Length <= 200 && Base64Url.IsValid(text) && Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split(':') is [var kind, var at, var action, var suspicion, var row]
            && kind == ((int)order).ToString(invariant) && long.TryParse(at, invariant, out long processed) && int.TryParse(action, invariant, out int rank)
            && double.TryParse(suspicion, invariant, out double largest) && long.TryParse(row, invariant, out long last))
            return new SearchCursor(order, processed, rank, largest, last);
        throw new ArgumentException("After: not a cursor of this search.", nameof(text));
    }
}
