using System.Security.Cryptography;
using System.Text;

namespace Detection.Storage;

/// <summary>The name under which an author is erased, and what stays of it.</summary>
internal static class ErasedAuthor
{
    /// <summary>As names of authors are kept: lower-case.</summary>
    /// <exception cref="ArgumentException">Empty or too long.</exception>
    public static string Check(string author) => author.Length is > 0 and <= Keeping.MaxIdCharacters
        ? author.ToLowerInvariant()
        : throw new ArgumentException($"author: must have 1 to {Keeping.MaxIdCharacters} characters.", nameof(author));

    public static string Sha256(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
