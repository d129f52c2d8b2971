using Detection.Checkpoints;
using Detection.Detectors.Bundles;
using Detection.ServiceDefaults;
using Detection.Storage;
using Microsoft.Extensions.Options;

namespace Detection.Detector;

/// <summary>
/// Looks at the alias <c>champion</c> of the configured bundle and switches the worker to the version that it names: loaded beside the one in use, its hashes checked, warm before it
/// takes over between two batches. A version that is not here, is not what the alias says, or whose calibration cannot show a stated budget is refused by name; the one in use stays.
/// The second model of a cascade has no alias of its own: it comes with the first, opened by its name at the start and at every switch.
/// </summary>
internal sealed class BundleWatcher(LivePipeline live, IBundleAliases aliases, IOptions<DetectionOptions> configured, TimeProvider time, ILogger<BundleWatcher> log) : BackgroundService
{
    private readonly DetectionOptions _options = configured.Value;
    private BundleAlias? _refused;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string bundle = live.Identity.Name;
        using var timer = new PeriodicTimer(_options.BundlesEvery, time);
        do
            try
            {
                var champion = (await aliases.ReadAsync(stoppingToken)).FirstOrDefault(alias => alias.Bundle == bundle && alias.Alias == BundleAlias.Champion);
                if (champion is not null && (live.Identity.Version, live.Identity.Sha256) != (champion.Version, champion.Sha256)) Follow(champion, stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // The store that holds the alias does not answer: what is in use goes on judging.
                DetectorLog.AliasUnknown(log, bundle, failure.GetType().Name);
            }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Follow(BundleAlias wanted, CancellationToken cancellation)
    {
        try
        {
            var source = ModelFolders.Version(_options, wanted.Bundle, wanted.Version);
            if (source.Bundle!.Sha256 != wanted.Sha256)
                throw new BundleException(source.Bundle.Folder, $"has the hash {source.Bundle.Sha256}; the alias champion names {wanted.Sha256}.");
            var next = Pipelines.OpenForDuty(source, _options, time, warning => DetectorLog.Model(log, warning));
            live.Switch(LivePipeline.Warm(next, cancellation));
            DetectorLog.Switched(log, wanted.Bundle, wanted.Version);
            DetectorLog.Limits(log, _options, next);
        }
        catch (Exception failure) when (failure is BundleException or CheckpointException or InvalidOptionsException)
        {
            // Its files may still be on their way: tried again each time, said once.
            if (_refused != wanted) DetectorLog.Refused(log, wanted.Bundle, wanted.Version, failure.Message);
            _refused = wanted;
        }
    }
}
