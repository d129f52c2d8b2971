using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Detection.ServiceDefaults.Auth;

/// <summary>One account of a person.</summary>
public sealed record Account
{
    public const int MinPassword = 12, MaxPassword = 1_024;

    /// <summary>OWASP's figure for PBKDF2 with HMAC-SHA-512 (Password Storage Cheat Sheet).</summary>
    private const int Iterations = 210_000;
    private const int MaxName = 64, V3 = 1, V3Header = 13, MaxIterations = 10_000_000;
    private static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    /// <summary>1 to 64 letters, digits, <c>.</c>, <c>_</c>, <c>-</c>, <c>@</c>; case does not count. Decisions carry it.</summary>
    public required string Name { get; init; }

    /// <summary>See <see cref="Auth.Scopes"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>ASP.NET Core Identity's format, version 3.</summary>
    public required string PasswordHash { get; init; }

    public required DateTimeOffset Created { get; init; }

    public bool Disabled { get; init; }

    /// <summary>Changes with everything that must end the account's sessions: password, scopes, being disabled.</summary>
    internal string Stamp => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Name}\n{PasswordHash}\n{string.Join(',', Scopes)}\n{Disabled}")))[..32];

    /// <summary>Null: the name can be used.</summary>
    public static string? NameProblem(string name) => name.Length is 0 or > MaxName || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '@')
        ? "must be 1 to 64 letters, digits, '.', '_', '-' or '@'"
        : null;

    /// <summary>Null: the password can be used.</summary>
    public static string? PasswordProblem(string password) => password.Length is < MinPassword or > MaxPassword ? $"must have {MinPassword} to {MaxPassword} characters" : null;

    public static string Hash(string password) => Hasher.HashPassword("", Normalised(password));

    internal bool Matches(string password) => Hasher.VerifyHashedPassword("", PasswordHash, Normalised(password)) != PasswordVerificationResult.Failed;

    internal (string Field, string Problem)? Wrong() => this switch
    {
        _ when NameProblem(Name) is { } name => ("name", name),
        _ when Auth.Scopes.Problem(Scopes) is { } scopes => ("scopes", scopes),
        _ when !IsHash(PasswordHash) => ("passwordHash", "must be a password hash of ASP.NET Core Identity, version 3 (detection users passwd writes one)"),
        _ => null,
    };

    /// <summary>Version 3 with SHA-256 or SHA-512 and a number of iterations that neither is none nor keeps a processor for ever.</summary>
    private static bool IsHash(string text)
    {
        byte[] bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out int length) || length < V3Header + 32 || bytes[0] != V3) return false;
        uint function = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1)), iterations = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(5));
        return function is 1 or 2 && iterations is >= 10_000 and <= MaxIterations;
    }

    /// <summary>The same letters typed on another keyboard are the same password (NIST SP 800-63B).</summary>
    private static string Normalised(string password) => password.Normalize(NormalizationForm.FormKC);
}

/// <summary>The file of <c>Detection:Auth:UsersFile</c>: <c>{"users": […]}</c>, at most 4 MiB and 10,000 accounts.</summary>
public sealed record AccountFile
{
    public required IReadOnlyList<Account> Users { get; init; }

    internal FrozenDictionary<string, Account> ByName => Users.ToFrozenDictionary(account => account.Name, StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidDataException">Names the file and the line or field that is wrong.</exception>
    public static AccountFile Read(string path) => Parse(path, AccessFile.Read(path).Bytes);

    /// <summary>Takes the accounts to what they shall be; the file is made where there is none, readable by its owner alone.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read as it is.</exception>
    public static void Change(string path, Func<IReadOnlyList<Account>, IReadOnlyList<Account>> change) =>
        AccessFile.Change(path, Parse, new AccountFile { Users = [] }, file => file with { Users = change(file.Users) });

    internal static AccountFile Parse(string path, ReadOnlyMemory<byte> json)
    {
        var file = AccessFile.Parse<AccountFile>(path, json.Span);
        if (file.Users.Count > AccessFile.MaxEntries) throw new InvalidDataException($"{path}, users: has {file.Users.Count} entries; at most {AccessFile.MaxEntries} are read");
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < file.Users.Count; i++)
        {
            if (file.Users[i] is not { } account) throw new InvalidDataException($"{path}, users[{i}]: must not be null");
            if (account.Wrong() is var (field, problem)) throw new InvalidDataException($"{path}, users[{i}].{field}: {problem}");
            if (!known.Add(account.Name)) throw new InvalidDataException($"{path}, users[{i}].name: is there twice");
        }
        return file;
    }
}
