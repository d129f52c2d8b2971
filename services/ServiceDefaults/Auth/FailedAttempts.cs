using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Detection.ServiceDefaults.Auth;

/// <summary>Failed authentications of one address: 20 at once, then one every 3 seconds. A network of IPv6 (/64) counts as one address. A right key is never held up.</summary>
internal sealed class FailedAttempts(TimeSpan every) : IDisposable
{
    public const int Burst = 20;
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    private readonly PartitionedRateLimiter<IPAddress> _limits = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetTokenBucketLimiter(Network(address), _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = Burst,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = every,
        QueueLimit = 0,
    }));

    /// <summary>Null: this address may try. Else how long it has to wait.</summary>
    public TimeSpan? Wait(IPAddress? address) => Acquire(address, 0);

    /// <summary>Counts a failure. Null: within the limit; else how long to wait.</summary>
    public TimeSpan? Count(IPAddress? address) => Acquire(address, 1);

    public void Dispose() => _limits.Dispose();

    private TimeSpan? Acquire(IPAddress? address, int permits)
    {
        using var lease = _limits.AttemptAcquire(address ?? IPAddress.None, permits);
        if (lease.IsAcquired) return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > every ? wait : every;
    }

    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
