using System.Text.Json;
using Detection.Contracts;
using Detection.Storage;

namespace Detection.Moderation.Api;

/// <summary>Answers in the contract's JSON, and errors that name the field.</summary>
internal static class ContractResults
{
    public static IResult Json<T>(T value, int status = StatusCodes.Status200OK) =>
        Results.Text(JsonSerializer.Serialize(value, ContractJson.Options), "application/json", statusCode: status);

    /// <summary>An endpoint filter: a <see cref="FieldException"/> becomes RFC 9457 problem details with the member <c>field</c>, a store that fails 503.</summary>
    public static async ValueTask<object?> NameTheField(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try { return await next(context); }
        catch (FieldException wrong)
        {
            return Results.Problem(wrong.Message, statusCode: wrong.Status, extensions: new Dictionary<string, object?> { ["field"] = wrong.Field });
        }
        catch (StoreException failure)
        {
            return Results.Problem(failure.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
