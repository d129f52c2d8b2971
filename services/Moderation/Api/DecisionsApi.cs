using System.Text.Json;
using Detection.Contracts;
using Detection.ServiceDefaults.Auth;
using Detection.Storage;
using Microsoft.AspNetCore.Mvc;

namespace Detection.Moderation.Api;

/// <summary>Decisions of moderators: appended, read, undone by another decision (contracts.md §2b).</summary>
internal static class DecisionsApi
{
    private const int MaxBody = 64 * 1024;

    public static void MapDecisions(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/decisions", DecideAsync).RequireAuthorization(Scopes.Decide).WithName("decide").WithSummary("Stores a decision; with `undoes` it takes another back. The same `decisionId` again changes nothing.")
            .WithMetadata(new RequestSizeLimitAttribute(MaxBody)).Accepts<DecisionDraft>("application/json")
            .Produces<DecisionAnswer>(StatusCodes.Status201Created).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415);
        routes.MapGet("/decisions", HistoryAsync).RequireAuthorization(Scopes.Read).WithName("decisions").WithSummary("All decisions on one message and content, oldest first.")
            .Produces<IReadOnlyList<ModeratorDecision>>().ProducesProblem(400);
    }

    private static async Task<IResult> DecideAsync(HttpRequest request, DecisionDesk desk, CancellationToken cancellation)
    {
        var answer = await desk.RecordAsync(await ReadAsync(request, cancellation), DecisionDesk.ModeratorOf(request.HttpContext.User), cancellation);
        return ContractResults.Json(answer, StatusCodes.Status201Created);
    }

    private static async Task<IResult> HistoryAsync(string? messageId, string? contentSha256, IVerdictStore store, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(messageId)) throw new FieldException("messageId", "must be given");
        if (string.IsNullOrEmpty(contentSha256)) throw new FieldException("contentSha256", "must be given: a reused message id inherits nothing");
        return ContractResults.Json(await store.HistoryAsync(messageId, contentSha256, cancellation));
    }

    private static async Task<DecisionDraft> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType()) throw new FieldException("Content-Type", "must be application/json", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await JsonSerializer.DeserializeAsync<DecisionDraft>(request.Body, ContractJson.Options, cancellation) ?? throw new FieldException("body", "must be a decision");
        }
        catch (JsonException wrong)
        {
            string field = wrong.Path is { Length: > 2 } path ? path[2..] : "body";
            throw new FieldException(field, "cannot be read as a decision: " + wrong.Message.Split(" Path: ")[0].TrimEnd('.'));
        }
    }
}
