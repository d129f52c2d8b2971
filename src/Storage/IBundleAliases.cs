namespace Detection.Storage;

/// <summary>Which version of a bundle is meant by <c>champion</c> or <c>candidate</c>; set by the trainer or a person, watched by the workers.</summary>
public interface IBundleAliases
{
    /// <summary>All of them, by bundle and alias.</summary>
    Task<IReadOnlyList<BundleAlias>> ReadAsync(CancellationToken cancellation);

    /// <summary>Points the alias at a version.</summary>
    /// <param name="expected">The version that it must point at now, null: no matter which. Two that change it at once: one is told.</param>
    /// <exception cref="AliasConflictException">It points elsewhere.</exception>
    /// <exception cref="ArgumentException">A name is empty or longer than 200 characters, or the alias is none of the two.</exception>
    Task SetAsync(BundleAlias alias, string? expected, CancellationToken cancellation);
}

/// <param name="Bundle">The bundle's name.</param>
/// <param name="Alias"><c>champion</c> or <c>candidate</c>.</param>
/// <param name="Sha256">The bundle's hash; a worker refuses another.</param>
/// <param name="SetBy">Who set it.</param>
public sealed record BundleAlias(string Bundle, string Alias, string Version, string Sha256, string SetBy, DateTimeOffset SetAt)
{
    public const string Champion = "champion", Candidate = "candidate";

    internal void Check()
    {
        if (Alias is not (Champion or Candidate)) throw new ArgumentException($"Alias: must be {Champion} or {Candidate}.", nameof(Alias));
        foreach (var (name, value) in new[] { (nameof(Bundle), Bundle), (nameof(Version), Version), (nameof(Sha256), Sha256), (nameof(SetBy), SetBy) })
            if (value is not { Length: > 0 and <= 200 }) throw new ArgumentException($"{name}: must have 1 to 200 characters.", name);
    }

    internal static AliasConflictException Conflict(BundleAlias wanted, string? now, string expected) =>
        new($"{wanted.Alias} of {wanted.Bundle} is {(now is null ? "not set" : $"version {now}")}, not version {expected}: someone changed it. Look again.");
}

public sealed class AliasConflictException(string message) : Exception(message);
