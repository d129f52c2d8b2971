using Detection.ServiceDefaults.Auth;
using Detection.Storage;

namespace Detection.Moderation.Api;

/// <summary>Whose messages are to be forgotten: the whole id, name or address, whatever the case.</summary>
public sealed record ErasureRequest(string? Author);

/// <summary>Everything of one author is deleted on request; what stays is a record that it was done, with a hash of the name.</summary>
internal static class ErasuresApi
{
    private const int MaxAuthor = 2_048;

    public static void MapErasures(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/erasures", EraseAsync).RequireAuthorization(Scopes.Admin).WithName("erase").WithSummary("Deletes every verdict, message and decision of one author.")
            .Produces<Erasure>().ProducesProblem(400);
        routes.MapGet("/erasures", async (IStoreUpkeep store, CancellationToken cancellation) => ContractResults.Json(await store.ErasuresAsync(cancellation))).RequireAuthorization(Scopes.Admin)
            .WithName("erasures").WithSummary("Records of what was deleted on request, oldest first.").Produces<IReadOnlyList<Erasure>>();
    }

    private static async Task<IResult> EraseAsync(ErasureRequest asked, HttpContext context, IStoreUpkeep store, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(asked.Author) || asked.Author.Length > MaxAuthor) throw new FieldException("author", $"must have 1 to {MaxAuthor} characters");
        return ContractResults.Json(await store.EraseAuthorAsync(asked.Author, DecisionDesk.ModeratorOf(context.User), cancellation));
    }
}
