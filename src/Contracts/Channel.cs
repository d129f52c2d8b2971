using System.Text.Json;
using System.Text.Json.Serialization;

namespace Detection.Contracts;

/// <summary>The kind of place a message was written for. Never a reason to refuse one: what is not known is <see cref="Other"/>.</summary>
[JsonConverter(typeof(ChannelConverter))]
public enum Channel { Other, Email, Sms, Social, Forum, Review, Chat, Document }

/// <summary>Names of channels as they stand in JSON, and the aliases that other tools use.</summary>
public static class ChannelNames
{
    public static string Name(this Channel channel) => channel switch
    {
        Channel.Email => "email",
        Channel.Sms => "sms",
        Channel.Social => "social",
        Channel.Forum => "forum",
        Channel.Review => "review",
        Channel.Chat => "chat",
        Channel.Document => "document",
        _ => "other",
    };

    /// <summary>Matches by the part before the first <c>-</c>, whatever the case.</summary>
    public static Channel Parse(string? name) => (name ?? "").Split('-')[0].Trim().ToLowerInvariant() switch
    {
        "email" or "mail" => Channel.Email,
        "sms" => Channel.Sms,
        "social" or "tweet" => Channel.Social,
        "forum" or "post" or "reddit" => Channel.Forum,
        "review" => Channel.Review,
        "chat" or "dialogue" => Channel.Chat,
        "document" or "news" or "web" or "story" or "essay" or "abstract" or "wikipedia" or "qa" or "mixed" => Channel.Document,
        _ => Channel.Other,
    };

    private static readonly Channel[] EveryChannel = Enum.GetValues<Channel>();

    public static IReadOnlyList<Channel> All => EveryChannel;
}

internal sealed class ChannelConverter : JsonConverter<Channel>
{
    public override Channel Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return ChannelNames.Parse(reader.GetString());
        reader.Skip();
        return Channel.Other;
    }

    public override void Write(Utf8JsonWriter writer, Channel value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name());
}
