using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Detection.EndToEnd;

/// <summary>A service of <c>docker-compose.yml</c>, with variables at their defaults.</summary>
/// <param name="Command">The words after the entry point of the image; a shell's line is one word.</param>
/// <param name="Secrets">By the path in the container: the name of the secret.</param>
internal sealed record ComposeService(IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment, IReadOnlyDictionary<string, string> Secrets);

/// <summary>What a test needs of <c>docker-compose.yml</c>: commands, environment and secrets, after anchors, merges and variables.</summary>
internal static partial class ComposeFile
{
    public static IReadOnlyDictionary<string, ComposeService> Read(string path)
    {
        using var text = new StringReader(File.ReadAllText(path));
        var file = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object?>>(new MergingParser(new Parser(text)));
        return Map(file["services"]).ToDictionary(service => service.Key, service => Service(Map(service.Value)));
    }

    private static ComposeService Service(Dictionary<string, object?> service) => new(
        [.. List(service, "command").Select(word => Filled(Text(word)))],
        service.TryGetValue("environment", out object? environment) ? Map(environment).ToDictionary(entry => entry.Key, entry => Filled(Text(entry.Value))) : [],
        List(service, "secrets").ToDictionary(SecretPath, secret => secret is string name ? name : Text(Map(secret)["source"])));

    /// <summary>As Compose mounts them: below <c>/run/secrets</c>, where no whole path is given.</summary>
    private static string SecretPath(object? secret) => Path.Combine("/run/secrets", secret is string name ? name : Text(Map(secret)["target"]));

    /// <summary><c>${NAME:-default}</c> as its default, <c>$$</c> as <c>$</c>.</summary>
    private static string Filled(string value) => Variable().Replace(value, found => found.Value == "$$" ? "$" : found.Groups["default"].Value);

    private static Dictionary<string, object?> Map(object? node) => ((Dictionary<object, object?>)node!).ToDictionary(entry => Text(entry.Key), entry => entry.Value);

    private static List<object?> List(Dictionary<string, object?> service, string key) => service.TryGetValue(key, out object? list) ? (List<object?>)list! : [];

    private static string Text(object? scalar) => Convert.ToString(scalar, CultureInfo.InvariantCulture)!;

    [GeneratedRegex(@"\$\$|\$\{[A-Z_]+:-(?<default>[^}]*)\}")]
    private static partial Regex Variable();
}
