using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;

namespace Detection.Moderation.Api;

/// <summary>Verdicts: one, a list, counts, and a live stream. Shapes of contracts.md §4 and §5.</summary>
internal static class VerdictsApi
{
    public static void MapVerdicts(this IEndpointRouteBuilder api)
    {
        var routes = api.MapGroup("").RequireAuthorization(Scopes.Read);
        routes.MapGet("/verdicts/{verdictId}", FindAsync).WithName("verdict").WithSummary("One judged message with its token scores and the decision in force.")
            .Produces<JudgedMessage>().ProducesProblem(404);
        routes.MapGet("/verdicts", ListAsync).WithName("verdicts").WithSummary("Judged messages by conditions, all of which must hold; newest first. Follow `next` by `after`.")
            .WithVerdictQuery(paged: true).Produces<VerdictList>().ProducesProblem(400);
        routes.MapGet("/verdicts/counts", CountAsync).WithName("counts").WithSummary("Counts of the verdicts that the conditions select, by action, channel, technique and hour.")
            .WithVerdictQuery(paged: false).Produces<VerdictCounts>().ProducesProblem(400);
        routes.MapGet("/verdicts/stream", Stream).WithName("stream").WithSummary("Verdicts as they are stored: server-sent events named `verdict`, after one named `ready`.")
            .Produces<JudgedMessage>(contentType: "text/event-stream");
    }

    private static async Task<IResult> FindAsync(string verdictId, IVerdictStore store, CancellationToken cancellation) =>
        await store.FindAsync(verdictId, cancellation) is { } judged
            ? ContractResults.Json(judged)
            : throw new FieldException("verdictId", "names no verdict in the store", StatusCodes.Status404NotFound);

    private static async Task<IResult> ListAsync(HttpRequest request, IVerdictStore store, CancellationToken cancellation)
    {
        var page = await SearchAsync(VerdictQueryString.Parse(request.Query), store, cancellation);
        return ContractResults.Json(new VerdictList([.. page.Items.Select(hit => new ListedVerdict(
            hit.Judged with { TokenScores = null },
            [.. hit.Highlights.Select(found => new FoundPiece(found.Field, found.Piece, [.. found.Hits.Select(range => new[] { range.Start, range.End })]))]))], page.Next));
    }

    private static async Task<VerdictPage> SearchAsync(VerdictQuery query, IVerdictStore store, CancellationToken cancellation)
    {
        try { return await store.SearchAsync(query, cancellation); }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException && query.After is not null)
        {
            throw new FieldException("after", "is no cursor of this list");
        }
    }

    private static async Task<IResult> CountAsync(HttpRequest request, IVerdictStore store, CancellationToken cancellation) =>
        ContractResults.Json(await store.CountAsync(VerdictQueryString.Parse(request.Query), cancellation));

    private static IResult Stream(VerdictFeed feed, Access access, ClaimsPrincipal user, CancellationToken cancellation) =>
        TypedResults.ServerSentEvents(EventsAsync(feed, () => access.IsCurrent(user), cancellation));

    /// <summary>Ends before the first event that the listener may not see any more.</summary>
    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(VerdictFeed feed, Func<bool> may, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var events = feed.ListenAsync(cancellation);
        // Headers leave with the first event; a client that has seen it misses nothing that is stored later.
        yield return new SseItem<string>("{}", "ready");
        await foreach (var happened in events)
            if (!may()) yield break;
            else if (happened.Stored is { } judged)
                yield return new SseItem<string>(JsonSerializer.Serialize(judged with { TokenScores = null }, ContractJson.Options), "verdict");
    }
}

/// <summary>A page of verdicts; <paramref name="Next"/> is the next page's <c>after</c>, null on the last.</summary>
public sealed record VerdictList(IReadOnlyList<ListedVerdict> Items, string? Next);

/// <summary>A judged message without token scores, and where the words that were searched for stand.</summary>
public sealed record ListedVerdict(JudgedMessage Verdict, IReadOnlyList<FoundPiece> Highlights);

/// <summary>A piece of plain text of <paramref name="Field"/>; each hit is [start, end) in <paramref name="Piece"/>.</summary>
public sealed record FoundPiece(string Field, string Piece, IReadOnlyList<int[]> Hits);
