using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Detection.ServiceDefaults.Auth;

/// <summary>One bearer key of a machine, as it is stored: the key itself is not.</summary>
public sealed record AccessKey
{
    private const string Prefix = "dk_";
    private const int IdBytes = 6, SecretBytes = 32, SecretLength = 43;
    internal const int MaxName = 64;

    /// <summary>12 lower-case hexadecimal digits, also part of the key.</summary>
    public required string Id { get; init; }

    /// <summary>Who uses it, 1 to 64 printable characters; decisions made with the key carry it.</summary>
    public required string Name { get; init; }

    /// <summary>See <see cref="Auth.Scopes"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>
    /// SHA-256 of the key in hexadecimal. A slow hash protects what people can remember; a key is 256 random bits, which nobody guesses from a fast hash either,
    /// and a slow one would be paid by every request.
    /// </summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The key is refused from then on; null: never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>A new key: what is stored, and the key that its user gets once.</summary>
    public static (AccessKey Stored, string Key) Create(string name, IReadOnlyList<string> scopes, DateTimeOffset now, TimeSpan? valid)
    {
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        string key = Prefix + id + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (new AccessKey { Id = id, Name = name, Scopes = scopes, Sha256 = Convert.ToHexStringLower(Hash(key)), Created = now, Expires = now + valid }, key);
    }

    /// <summary>The id inside a key; null where it cannot be one.</summary>
    internal static string? IdOf(string key) =>
        key.Length == Prefix.Length + 2 * IdBytes + SecretLength && key.StartsWith(Prefix, StringComparison.Ordinal) ? key.Substring(Prefix.Length, 2 * IdBytes) : null;

    /// <summary>In a time that does not depend on where the two differ.</summary>
    internal static bool Matches(AccessKey? stored, string key)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        if (stored is not null) Convert.FromHexString(stored.Sha256, expected, out _, out _);
        return CryptographicOperations.FixedTimeEquals(expected, Hash(key)) && stored is not null;
    }

    internal bool HasExpired(DateTimeOffset now) => Expires is { } end && now >= end;

    internal (string Field, string Problem)? Wrong() => this switch
    {
        _ when Id.Length != 2 * IdBytes || !Id.All(char.IsAsciiHexDigitLower) => ("id", "must be 12 lower-case hexadecimal digits"),
        _ when Name.Length is 0 or > MaxName || Name.Any(char.IsControl) => ("name", "must be 1 to 64 printable characters"),
        _ when Auth.Scopes.Problem(Scopes) is { } scopes => ("scopes", scopes),
        _ when Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigit) => ("sha256", "must be 64 hexadecimal digits"),
        _ => null,
    };

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}

/// <summary>The file of <c>Detection:Auth:KeysFile</c>: <c>{"keys": […]}</c>, at most 4 MiB and 10,000 keys.</summary>
public sealed record KeyFile
{
    public required IReadOnlyList<AccessKey> Keys { get; init; }

    internal FrozenDictionary<string, AccessKey> ById => Keys.ToFrozenDictionary(key => key.Id, StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">Names the file and the line or field that is wrong.</exception>
    public static KeyFile Read(string path) => Parse(path, AccessFile.Read(path).Bytes);

    /// <summary>Takes the keys to what they shall be; the file is made where there is none, readable by its owner alone.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read as it is.</exception>
    public static void Change(string path, Func<IReadOnlyList<AccessKey>, IReadOnlyList<AccessKey>> change) =>
        AccessFile.Change(path, Parse, new KeyFile { Keys = [] }, file => file with { Keys = change(file.Keys) });

    internal static KeyFile Parse(string path, ReadOnlyMemory<byte> json)
    {
        var file = AccessFile.Parse<KeyFile>(path, json.Span);
        if (file.Keys.Count > AccessFile.MaxEntries) throw new InvalidDataException($"{path}, keys: has {file.Keys.Count} entries; at most {AccessFile.MaxEntries} are read");
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < file.Keys.Count; i++)
        {
            if (file.Keys[i] is not { } key) throw new InvalidDataException($"{path}, keys[{i}]: must not be null");
            if (key.Wrong() is var (field, problem)) throw new InvalidDataException($"{path}, keys[{i}].{field}: {problem}");
            if (!known.Add(key.Id)) throw new InvalidDataException($"{path}, keys[{i}].id: is there twice");
        }
        return file;
    }
}
