using System.Buffers.Text;
using System.Text.Json;

namespace Detection.Storage.Elasticsearch;

/// <summary>Where a page ended: the values that it is ordered by, as the server gave them, and the point in time. Opaque outside.</summary>
internal sealed record SearchCursor(VerdictOrder Order, string Values, string? Point)
{
    private const int MaxCharacters = 6000;

    public static SearchCursor Of(VerdictOrder order, JsonElement sort, string? point) => new(order, sort.GetRawText(), point);

    public override string ToString() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new object?[] { (int)Order, Values, Point }));

    /// <exception cref="ArgumentException">Not a cursor of this order.</exception>
    public static SearchCursor Parse(string text, VerdictOrder order)
    {
        try
        {
            if (text.Length <= MaxCharacters && Base64Url.IsValid(text)
                && JsonSerializer.Deserialize<JsonElement[]>(Base64Url.DecodeFromChars(text)) is [var kind, { ValueKind: JsonValueKind.String } values, var point]
                && kind.ValueKind == JsonValueKind.Number && kind.GetInt32() == (int)order && IsSort(values.GetString()!, order))
                return new SearchCursor(order, values.GetString()!, point.ValueKind == JsonValueKind.String ? point.GetString() : null);
        }
        catch (Exception broken) when (broken is JsonException or FormatException) { }
        throw new ArgumentException("After: not a cursor of this search.", nameof(text));
    }

    private static bool IsSort(string values, VerdictOrder order)
    {
        using var sort = JsonDocument.Parse(values);
        JsonValueKind[] kinds = sort.RootElement.ValueKind == JsonValueKind.Array ? [.. sort.RootElement.EnumerateArray().Select(value => value.ValueKind)] : [];
        return kinds is [.. var numbers, JsonValueKind.String] && numbers.All(kind => kind == JsonValueKind.Number) && numbers.Length == (order == VerdictOrder.Newest ? 1 : 2);
    }
}
