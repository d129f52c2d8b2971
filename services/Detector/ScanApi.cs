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

    private const string Limit = "scan";

    /// <summary>A full engine lets requests wait; that many of them do, unread, and the rest are told to come again.</summary>
    public static IServiceCollection AddScanLimit(this IServiceCollection services, int atOnce) => services.AddRateLimiter(limits => limits.AddConcurrencyLimiter(Limit, limit =>
    {
        limit.PermitLimit = limit.QueueLimit = atOnce;
        limit.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
    }));

    public static void MapScan(this IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/scan", ScanAsync)
        .WithName("scan").WithSummary("Judges one message, or an array of messages.").RequireAuthorization(Scopes.Ingest).RequireRateLimiting(Limit)
        .Produces<Verdict>().ProducesProblem(400).ProducesProblem(413).ProducesProblem(415).ProducesProblem(429);

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
        if (store != false) judged = await StoreAsync(verdicts, judged, cancellation);
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

    /// <summary>A message whose verdict id is stored already is answered with the stored verdict.</summary>
    private static async Task<JudgedMessage[]> StoreAsync(IVerdictStore verdicts, JudgedMessage[] judged, CancellationToken cancellation)
    {
        var outcomes = await verdicts.StoreAsync(judged, cancellation);
        for (int i = 0; i < judged.Length; i++)
            if (outcomes[i].Result == StoreResult.AlreadyStored && await verdicts.FindAsync(judged[i].VerdictId, cancellation) is { } stored) judged[i] = stored;
        return judged;
    }
}
