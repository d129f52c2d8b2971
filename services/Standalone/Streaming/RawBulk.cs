using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Detection.ServiceDefaults;

namespace Detection.Standalone.Streaming;

/// <summary>What the search server's own bulk API takes of the same documents under the same template, without any of this program's writing path: the most that the path could do.</summary>
internal static class RawBulk
{
    private const int Senders = 2;

    /// <summary>Documents a second. Takes documents that the store has written and creates them again under ids of their own, in the same index.</summary>
    /// <exception cref="HttpRequestException">The server does not answer, or refuses.</exception>
    public static async Task<double> MeasureAsync(ElasticsearchOptions options, string prefix, TimeSpan length, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new Uri(options.Nodes.Split(',')[0].Trim()) };
        http.DefaultRequestHeaders.Authorization = options.ApiKey is { } key ? new AuthenticationHeaderValue("ApiKey", key)
            : options.Username is { } user ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{options.Password}"))) : null;
        var found = await http.GetFromJsonAsync<JsonElement>($"/{prefix}-verdicts*/_search?size={options.BulkDocuments}", cancellation);
        JsonElement[] hits = [.. found.GetProperty("hits").GetProperty("hits").EnumerateArray()];
        string index = hits[0].GetProperty("_index").GetString()!;
        string[] sources = [.. hits.Select(hit => hit.GetProperty("_source").GetRawText())];

        long begun = Stopwatch.GetTimestamp(), written = 0;
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(begun) < length)
            {
                using var body = new StringContent(Body(sources), Encoding.UTF8, "application/x-ndjson");
                using var answer = await http.PostAsync($"/{index}/_bulk?filter_path=errors", body, cancellation);
                answer.EnsureSuccessStatusCode();
                Interlocked.Add(ref written, sources.Length);
            }
        }));
        return written / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static string Body(string[] sources)
    {
        var lines = new StringBuilder(sources.Length * (sources[0].Length + 64));
        foreach (string source in sources) lines.Append("{\"create\":{\"_id\":\"").Append(Guid.NewGuid().ToString("N")).Append("\"}}\n").Append(source).Append('\n');
        return lines.ToString();
    }
}
