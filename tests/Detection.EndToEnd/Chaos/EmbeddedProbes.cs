using System.Text.Json;
using Detection.Streaming;
using Detection.Streaming.Embedded;
using Microsoft.Data.Sqlite;

namespace Detection.EndToEnd.Chaos;

/// <summary>The embedded queue of a data folder, sent to from this process.</summary>
internal sealed class EmbeddedStreamProbe : IStreamProbe
{
    private readonly EmbeddedStream _stream;

    private EmbeddedStreamProbe(EmbeddedStream stream, string data) => (_stream, Settings) = (stream, new Dictionary<string, string> { ["Detection__Data"] = data });

    public IReadOnlyDictionary<string, string> Settings { get; }

    public static async Task<EmbeddedStreamProbe> OpenAsync(string data, CancellationToken cancellation)
    {
        var stream = new EmbeddedStream(new EmbeddedStreamOptions { Folder = data });
        await stream.OpenAsync(cancellation);
        return new EmbeddedStreamProbe(stream, data);
    }

    public Task SendAsync(OutgoingRecord record, CancellationToken cancellation) => _stream.SendAsync([record], cancellation);

    public async Task<long?> UnfinishedAsync(CancellationToken cancellation) => (await _stream.DepthAsync(cancellation)).Unfinished;

    public async Task<IReadOnlyList<string>> DeadLettersAsync(CancellationToken cancellation)
    {
        List<string> ids = [];
        for (long after = 0; await _stream.ListAsync(after, 1_000, cancellation) is { Count: > 0 } page; after = page[^1].Id)
            ids.AddRange(page.Select(letter => letter.Delivery.Headers.First(header => header.Key == ChaosMessages.IdHeader).Value));
        return ids;
    }

    /// <summary>What is finished is gone from the queue.</summary>
    public Task<IReadOnlyDictionary<string, string>> PlacesAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    public Task<IReadOnlyList<SeenVerdict>?> VerdictTopicAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<SeenVerdict>?>(null);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}

/// <summary>The embedded store of a data folder, read as a plain SQLite file.</summary>
internal sealed class EmbeddedStoreProbe(string data) : IStoreProbe
{
    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["Detection__Data"] = data };

    public async Task<IReadOnlyList<StoredVerdict>> DocumentsAsync(CancellationToken cancellation)
    {
        await using var file = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(data, "verdicts.db"), Pooling = false }.ToString());
        await file.OpenAsync(cancellation);
        await using var select = file.CreateCommand();
        select.CommandText = "SELECT json FROM documents";
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        List<StoredVerdict> documents = [];
        while (await rows.ReadAsync(cancellation))
        {
            using var json = JsonDocument.Parse(rows.GetString(0));
            documents.Add(Documents.Stored(json.RootElement));
        }
        return documents;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
