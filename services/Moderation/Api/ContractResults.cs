using System.Text.Json;
using Detection.Contracts;

namespace Detection.Moderation.Api;

/// <summary>Answers in the contract's JSON, and errors that name the field.</summary>
internal static class ContractResults
{
    public static IResult Json<T>(T value, int status = StatusCodes.Status200OK) =>
        Results.Text(JsonSerializer.Serialize(value, ContractJson.Options), "application/json", statusCode: status);

    /// <summary>An endpoint filter: a <see cref="FieldException"/> becomes RFC 9457 problem details with the member <c>field</c>.</summary>
    public static async ValueTask<object?> NameTheField(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try { return await next(context); }
        catch (FieldException wrong)
        {
            return Results.Problem(wrong.Message, statusCode: wrong.Status, extensions: new Dictionary<string, object?> { ["field"] = wrong.Field });
        }
    }
}
