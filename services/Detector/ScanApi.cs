using System.Text.Json;
using System.Threading.RateLimiting;
using Detection.Contracts;
using Detection.Ingest;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Detection.Detector;

/// <summary><c>POST /api/v1/scan</c>: a message, an array of them, or a mail in; verdicts out. Stored before the reply unless <c>?store=false</c>.</summary>
internal static class ScanApi
{
    /// <summary>Messages in one array. More are refused: send several requests.</summary>
    private const int MaxMessages = 1_000;

    private const string Limit = "scan", RetryAfterSeconds = "5";

    /// <summary>A full engine lets requests wait; that many of them do, unread, and the rest are told to come again.</summary>
    public static IServiceCollection AddScanLimit(this IServiceCollection services, int atOnce) => services.AddRateLimiter(limits => limits.AddConcurrencyLimiter(Limit, limit =>
    {
        limit.PermitLimit = limit.QueueLimit = atOnce;
        limit.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
    }));

    public static void MapScan(this IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/scan", ScanAsync)
        .WithName("scan").WithSummary("Judges one message, or an array of messages.").RequireAuthorization(Scopes.Ingest).RequireRateLimiting(Limit)
        .Produces<Verdict>().ProducesProblem(400).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422).ProducesProblem(429).ProducesProblem(503);

    private static async Task<IResult> ScanAsync(HttpRequest request, JudgingEngine engine, IVerdictStore verdicts, IOptions<IngestOptions> ingest,
        [FromQuery] bool? store, CancellationToken cancellation)
    {
        string type = request.ContentType?.Split(';')[0].Trim().ToLowerInvariant() ?? "";
        if (type is not ("application/json" or "message/rfc822"))
            return Results.Problem($"The content type '{type}' is unknown; send application/json or message/rfc822.", statusCode: 415);

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation);
        List<Message> messages;
        try { messages = Read(body.ToArray(), type, ingest.Value); }
        catch (IngestException wrong) { return Results.Problem(wrong.Message, statusCode: 400, title: "The message cannot be read."); }

        var judged = await Task.WhenAll(messages.Select(message => engine.JudgeAsync(message, cancellation)));
        if (store != false && await StoreAsync(verdicts, judged, request.HttpContext.Response, cancellation) is { } refused) return refused;
        // Declared as Verdict: what was sent is not sent back.
        bool many = type == "application/json" && IsArray(body.GetBuffer().AsSpan(0, (int)body.Length));
        string answer = many ? JsonSerializer.Serialize<IEnumerable<Verdict>>(judged, ContractJson.Options) : JsonSerializer.Serialize<Verdict>(judged[0], ContractJson.Options);
        return Results.Text(answer, "application/json");
    }

    private static List<Message> Read(byte[] body, string type, IngestOptions options)
    {
        var sent = type == "message/rfc822" ? [MessageJson.FromMail(body)] : MessageJson.ParseMany(body);
        if (sent.Count > MaxMessages) throw new IngestException($"The array holds {sent.Count} messages; at most {MaxMessages} are taken.");
        return [.. sent.Select(message => MessageExtraction.Extract(message, options))];
    }

    private static bool IsArray(ReadOnlySpan<byte> json)
    {
        var start = json.TrimStart("\uFEFF \t\r\n"u8);
        return start is [(byte)'[', ..];
    }

    /// <summary>A message whose verdict id is stored already is answered with the stored verdict, which takes its place in <paramref name="judged"/>.</summary>
    /// <returns>Why there is no verdict to answer with; null: all are stored.</returns>
    private static async Task<IResult?> StoreAsync(IVerdictStore verdicts, JudgedMessage[] judged, HttpResponse response, CancellationToken cancellation)
    {
        try
        {
            var outcomes = await verdicts.StoreAsync(judged, cancellation);
            for (int i = 0; i < judged.Length; i++)
                if (outcomes[i].Result == StoreResult.Rejected) return Results.Problem($"{judged[i].MessageId}: {outcomes[i].Reason}", statusCode: 422, title: "The verdict cannot be stored.");
                else if (outcomes[i].Result == StoreResult.AlreadyStored && await verdicts.FindAsync(judged[i].VerdictId, cancellation) is { } stored) judged[i] = stored;
            return null;
        }
        catch (StoreException)
        {
            // Which server it is says /health/ready, to those who may know.
            response.Headers.RetryAfter = RetryAfterSeconds;
            return Results.Problem("The store does not answer; send it again later.", statusCode: 503);
        }
    }
}
