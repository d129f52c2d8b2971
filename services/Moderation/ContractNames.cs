using System.Reflection;
using System.Text.Json.Serialization;
using Detection.Contracts;

namespace Detection.Moderation;

/// <summary>Names of enumeration values as they stand in JSON, for query strings and pages.</summary>
internal static class ContractNames
{
    public static string JsonName<T>(this T value) where T : struct, Enum => Table<T>.Names[value];

    public static IEnumerable<T> All<T>() where T : struct, Enum => Table<T>.Names.Keys;

    public static bool TryParse<T>(string name, out T value) where T : struct, Enum
    {
        foreach (var (candidate, candidateName) in Table<T>.Names)
            if (candidateName.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        value = default;
        return false;
    }

    private static class Table<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Names = Enum.GetValues<T>().ToDictionary(value => value, Name);

        private static string Name(T value) => value is Channel channel
            ? channel.Name()
            : typeof(T).GetField(value.ToString())?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? value.ToString();
    }
}
