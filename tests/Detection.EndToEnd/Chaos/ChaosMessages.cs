using System.Globalization;
using System.Text;
using System.Text.Json;
using Detection.Contracts;
using Detection.Streaming;

namespace Detection.EndToEnd.Chaos;

/// <summary>What the sender sends: mixed sizes, keys and forms, and in the middle what cannot be read. The same for the same seed.</summary>
/// <param name="oversized">Bytes of a mail that is over the limit; null: a message whose id is.</param>
internal sealed class ChaosMessages(int seed, int? oversized)
{
    /// <summary>Carries the sender's id, so that a dead letter can be told even if nothing in it can be read.</summary>
    public const string IdHeader = "ce_id";

    /// <summary>A large one costs a second of the disk: they are few.</summary>
    private const int MaxOversized = 3;

    private readonly Random _random = new(seed);
    private int _number, _oversized;

    public ChaosMessage Next()
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"m-{seed}-{_number++:D6}");
        return _random.Next(1_000) switch
        {
            < 10 => Poison(id, "broken JSON", Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","text":"cut """)),
            < 20 => Poison(id, "broken base64", Json(new Message { Id = id, Raw = "RnJvbTo*", RawEncoding = "base64" })),
            < 30 => Poison(id, "not UTF-8", [(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)'}']),
            < 40 when _oversized < MaxOversized => Oversized(id),
            < 90 => Good(id, "message/rfc822", Mail(id)),
            < 100 => Good(id, "application/json", Json(new Message { Id = id, Text = Words(2_000), Subject = "A long one" })),
            < 200 => Good(id, "application/json", Json(new Message { Id = id, Html = $"<p>{Words(40)}</p><a href='http://parcel.example/{id}'>pay</a>", Channel = Channel.Email })),
            _ => Good(id, "application/json", Json(new Message { Id = id, Text = Words(_random.Next(1, 80)), Author = new Author($"a{_random.Next(20)}"), Channel = Channel.Sms })),
        };
    }

    private ChaosMessage Oversized(string id)
    {
        _oversized++;
        return Poison(id, "oversized", oversized is { } bytes
            ? Json(new Message { Id = id, Raw = "Subject: large\n\n" + new string('a', bytes), RawEncoding = "latin1" })
            : Json(new Message { Id = id + new string('x', 1_001), Text = "The id is over the limit." }));
    }

    private byte[] Mail(string id) => Encoding.ASCII.GetBytes($"From: Anna <anna@example.org>\r\nTo: ben@example.org\r\nSubject: {Words(3)}\r\nMessage-ID: <{id}>\r\n\r\n{Words(_random.Next(10, 60))}\r\n");

    private string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => $"word{_random.Next(500)}"));

    private ChaosMessage Poison(string id, string what, byte[] value) => Good(id, "application/json", value) with { Poison = what };

    private ChaosMessage Good(string id, string contentType, byte[] value) => new(id, new OutgoingRecord(_random.Next(5) == 0 ? null : $"key-{_random.Next(16)}", value,
        [new("content-type", contentType), new(IdHeader, id), new("ce_source", "chaos"), new("ce_type", "detection.message.v1"), new("ce_specversion", "1.0")]), null);

    private static byte[] Json(Message message) => JsonSerializer.SerializeToUtf8Bytes(message, ContractJson.Sparse);
}

/// <param name="Poison">Why it cannot be read; null: it can.</param>
internal sealed record ChaosMessage(string Id, OutgoingRecord Record, string? Poison);
