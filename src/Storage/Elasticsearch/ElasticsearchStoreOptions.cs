using System.ComponentModel.DataAnnotations;

namespace Detection.Storage.Elasticsearch;

/// <summary>How verdicts are kept in Elasticsearch or OpenSearch; which of the two a server is, is recognised.</summary>
public sealed record ElasticsearchStoreOptions : IValidatableObject
{
    /// <summary>URLs of some nodes, http or https. They are asked in turn; others are not looked for. No default.</summary>
    [Required, MinLength(1)]
    public required IReadOnlyList<Uri> Nodes { get; init; }

    /// <summary>First part of every index name. Default <c>detection</c>.</summary>
    [Required, RegularExpression("[a-z0-9][a-z0-9._-]{0,63}")]
    public string Prefix { get; init; } = "detection";

    /// <summary>An API key (base64 of <c>id:key</c>); wins over user and password. Default none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Default none.</summary>
    public string? Username { get; init; }

    /// <summary>Default none.</summary>
    public string? Password { get; init; }

    /// <summary>A PEM file of the authority that signed the nodes' certificates. Default none: the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Shards of a month's index, 1 to 1,024. Default 1.</summary>
    [Range(1, 1024)]
    public int Shards { get; init; } = 1;

    /// <summary>Copies of each shard, 0 to 9. Default 1.</summary>
    [Range(0, 9)]
    public int Replicas { get; init; } = 1;

    /// <summary>How soon a stored verdict can be searched for. Default 1 s, 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Documents in one bulk request. Default 1,000, 1 to 10,000.</summary>
    [Range(1, 10_000)]
    public int BulkDocuments { get; init; } = 1_000;

    /// <summary>Bytes in one bulk request; a single larger document goes alone. Default 8 MiB, 64 KiB to 100 MiB (what servers take by default).</summary>
    [Range(64 << 10, 100 << 20)]
    public int BulkBytes { get; init; } = 8 << 20;

    /// <summary>While other bulk requests are under way, how long a document waits for company. Default 20 ms, 0 to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BulkDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long one request may take. Default 30 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether requests are sent with gzip: less traffic, more work on both sides. Default false.</summary>
    public bool Compress { get; init; }

    /// <summary>What is kept of a message's words. Default all.</summary>
    [EnumDataType(typeof(StoredBodies))]
    public StoredBodies Bodies { get; init; }

    /// <summary>Packed token scores with more bytes (13 a token) are left out. Default 1 MiB, 0 to 64 MiB.</summary>
    [Range(0, 64 << 20)]
    public int MaxTokenScoreBytes { get; init; } = 1 << 20;

    /// <summary>A judged message whose document has more bytes is rejected. Default 32 MiB, 1 KiB to 90 MiB.</summary>
    [Range(1 << 10, 90 << 20)]
    public int MaxDocumentBytes { get; init; } = 32 << 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var node in Nodes)
            if (!node.IsAbsoluteUri || node.Scheme is not ("http" or "https") || node.UserInfo.Length > 0)
                yield return new ValidationResult("Nodes: each must be an http or https URL without user and password; those have options of their own.", [nameof(Nodes)]);
        if (CertificateAuthority is { } file && !File.Exists(file)) yield return new ValidationResult($"CertificateAuthority: there is no file {file}.", [nameof(CertificateAuthority)]);
    }
}
