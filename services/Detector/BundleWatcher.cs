using Detection.Checkpoints;
using Detection.Contracts;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Detection.Detector;

/// <summary>Which version of a bundle is to judge, with the hash of its manifest; null: nobody has said.</summary>
public delegate Task<(string Version, string Sha256)?> ChampionOf(string bundle, CancellationToken cancellation);

/// <summary>
/// Looks at the alias <c>champion</c> of the configured bundle and switches the worker to the version that it names: loaded beside the one in use, its hashes checked, warm before it
/// takes over between two batches. A version that is not here or is not what the alias says is refused by name; the one in use stays.
/// </summary>
internal sealed class BundleWatcher(LivePipeline live, ChampionOf champion, IOptions<DetectionOptions> configured, TimeProvider time, ILogger<BundleWatcher> log) : BackgroundService
{
    private readonly DetectionOptions _options = configured.Value;
    private (string, string)? _refused;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string bundle = live.Identity.Name;
        using var timer = new PeriodicTimer(_options.BundlesEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                if (await champion(bundle, stoppingToken) is { } wanted && !IsInUse(wanted)) Follow(bundle, wanted, stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // The store that holds the alias does not answer: what is in use goes on judging.
                DetectorLog.AliasUnknown(log, bundle, failure.GetType().Name);
            }
    }

    private bool IsInUse((string Version, string Sha256) wanted) => live.Identity.Version == wanted.Version && live.Identity.Sha256 == wanted.Sha256;

    private void Follow(string bundle, (string Version, string Sha256) wanted, CancellationToken cancellation)
    {
        try
        {
            var source = ModelFolders.Version(_options, bundle, wanted.Version);
            if (source.Bundle!.Sha256 != wanted.Sha256)
                throw new BundleException(source.Bundle.Folder, $"has the hash {source.Bundle.Sha256}; the alias champion names {wanted.Sha256}.");
            var next = Pipelines.Open(source, _options, time, warning => DetectorLog.Model(log, warning));
            LivePipeline.Warm(next, cancellation);
            live.Switch(next);
            DetectorLog.Switched(log, bundle, wanted.Version);
        }
        catch (Exception failure) when (failure is BundleException or CheckpointException)
        {
            // Its files may still be on their way: tried again each time, said once.
            if (_refused != wanted) DetectorLog.Refused(log, bundle, wanted.Version, failure.Message);
            _refused = wanted;
        }
    }
}
