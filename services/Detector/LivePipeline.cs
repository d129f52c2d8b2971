using Detection.Contracts;
using Detection.Detectors;

namespace Detection.Detector;

/// <summary>The pipeline in use. Another takes its place between two batches; the one before is disposed when its last batch is done.</summary>
public sealed class LivePipeline(DetectionPipeline first) : IDisposable
{
    private readonly Lock _using = new();
    private DetectionPipeline _current = first;

    public BundleIdentity Identity => Volatile.Read(ref _current).Identity;

    /// <summary>As <see cref="DetectionPipeline.Judge(IReadOnlyList{Message}, CancellationToken)"/>: all messages of one call by one pipeline.</summary>
    public IReadOnlyList<JudgedMessage> Judge(IReadOnlyList<Message> messages, CancellationToken cancellation)
    {
        lock (_using) return _current.Judge(messages, cancellation);
    }

    /// <summary>Waits for the batch in hand; the next is judged by <paramref name="next"/>, which should be warm.</summary>
    public void Switch(DetectionPipeline next)
    {
        DetectionPipeline before;
        lock (_using) (before, _current) = (_current, next);
        before.Dispose();
    }

    /// <summary>The first message pays for the start of the kernels, so this one goes before it.</summary>
    public static DetectionPipeline Warm(DetectionPipeline pipeline, CancellationToken cancellation)
    {
        for (var one = pipeline; one is not null; one = one.Second)
            one.Judge([new Message { Id = "warm-up", Text = "The first message pays for the start of the kernels, so this one goes before it." }], cancellation);
        return pipeline;
    }

    public void Warm(CancellationToken cancellation)
    {
        lock (_using) Warm(_current, cancellation);
    }

    public void Dispose()
    {
        lock (_using) _current.Dispose();
    }
}
