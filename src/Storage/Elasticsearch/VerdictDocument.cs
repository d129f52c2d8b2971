using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Detection.Contracts;

namespace Detection.Storage.Elasticsearch;

/// <summary>
/// The two lines of a bulk request that create a verdict's document, written once as UTF-8: the judged message's own JSON, then <c>email</c> (ECS), <c>derived</c> and <c>event.ingested</c>.
/// The time ingested stands at the very end in a form of fixed length, so that it can be set anew each time the lines are sent.
/// </summary>
internal static class VerdictDocument
{
    private const int TicksDigits = 18, TimeLength = 28;

    private static readonly byte[] BeforeTime = "},\"event\":{\"ingested\":\""u8.ToArray(), AfterTime = "\"}}\n"u8.ToArray();
    private static readonly byte[] Unstamped = [.. ",\"ingested\":"u8, .. new byte[TicksDigits], .. BeforeTime, .. new byte[TimeLength], .. AfterTime];
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = ContractJson.Sparse.Encoder, SkipValidation = true, MaxDepth = 64 };

    /// <summary>Null: written; else why it cannot be, with nothing written.</summary>
    public static string? Write(LineBuffer lines, JudgedMessage judged, string index, ElasticsearchStoreOptions options)
    {
        int start = lines.Length;
        try
        {
            using var json = new Utf8JsonWriter(lines, Relaxed);
            Append(lines, json, new { create = new { _index = index, _id = judged.VerdictId } });
            lines.Write("\n"u8);
            int document = lines.Length;
            var kept = Keeping.Keep(judged, options.Bodies, options.MaxTokenScoreBytes);
            Append(lines, json, kept);
            OpenAgain(lines);
            if (judged.Channel == Channel.Email)
            {
                lines.Write(",\"email\":"u8);
                Append(lines, json, EmailFields.Of(kept));
            }
            lines.Write(",\"derived\":"u8);
            Append(lines, json, Derived.Of(kept));
            OpenAgain(lines);
            lines.Write(Unstamped);
            int bytes = lines.Length - document;
            return bytes <= options.MaxDocumentBytes ? null : Refuse(lines, start, $"The judged message has {bytes} bytes as a document; at most {options.MaxDocumentBytes} (MaxDocumentBytes) are stored.");
        }
        catch (ArgumentException notJson)
        {
            // A score that is no number: JSON has no NaN.
            return Refuse(lines, start, $"The judged message cannot be written as JSON: {notJson.Message}");
        }
    }

    /// <summary>Sets the time ingested of a document whose lines end at <paramref name="end"/>.</summary>
    public static void Stamp(LineBuffer lines, int end, DateTimeOffset now)
    {
        int time = end - AfterTime.Length - TimeLength, ticks = time - BeforeTime.Length - TicksDigits;
        Encoding.ASCII.GetBytes(ContractJson.Time(now), lines[time..(time + TimeLength)]);
        Utf8Formatter.TryFormat(now.UtcTicks, lines[ticks..(ticks + TicksDigits)], out _);
    }

    private static string Refuse(LineBuffer lines, int start, string reason)
    {
        lines.Truncate(start);
        return reason;
    }

    private static void Append<T>(LineBuffer lines, Utf8JsonWriter json, T value)
    {
        json.Reset(lines);
        JsonSerializer.Serialize(json, value, ContractJson.Sparse);
        json.Flush();
    }

    /// <summary>Takes the closing brace away, so that more fields can follow.</summary>
    private static void OpenAgain(LineBuffer lines) => lines.Truncate(lines.Length - 1);
}
