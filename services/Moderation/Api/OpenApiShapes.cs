using System.Text.Json.Nodes;
using Detection.Contracts;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Detection.Moderation.Api;

/// <summary>What the OpenAPI document cannot see by itself: query parameters that are read by hand, and types with converters of their own.</summary>
internal static class OpenApiShapes
{
    private static readonly (string Name, string Meaning)[] Conditions =
    [
        ("q", "Words, all of which must occur in subject, text or author."),
        ("action", "allow, review, hold; repeated or separated by commas."),
        ("channel", "email, sms, social, forum, review, chat, document, other; several as above."),
        ("authorship", "human, machine, unsure, too-short, unsupported; several as above."),
        ("mail", "ham, spam, phishing, unsure; several as above."),
        ("technique", "Ids of techniques; several as above."),
        ("messageId", "One message."),
        ("author", "Id, name or address of the author."),
        ("decided", "true: a moderator's decision is in force; false: none is."),
        ("from", "Judged at this time (RFC 3339) or later."),
        ("before", "Judged before this time (RFC 3339)."),
    ];

    private static readonly (string Name, string Meaning)[] Paging =
    [
        ("order", "newest (default) or most-suspicious."),
        ("take", "At most this many, 1 to 500; default 50."),
        ("after", "Cursor: `next` of the page before."),
    ];

    public static RouteHandlerBuilder WithVerdictQuery(this RouteHandlerBuilder route, bool paged) => route.AddOpenApiOperationTransformer((operation, _, _) =>
    {
        operation.Parameters = [.. (paged ? Conditions.Concat(Paging) : Conditions).Select(condition => new OpenApiParameter
        {
            Name = condition.Name,
            In = ParameterLocation.Query,
            Description = condition.Meaning,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        })];
        return Task.CompletedTask;
    });

    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        if (context.JsonTypeInfo.Type == typeof(Channel))
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. ChannelNames.All.Select(channel => (JsonNode)channel.Name())];
        }
        else if (context.JsonTypeInfo.Type == typeof(TokenScoreMap))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
            schema.Format = "byte";
        }
        return Task.CompletedTask;
    }
}
