namespace Detection.Streaming;

/// <summary>Wakes whoever waits. Take <see cref="Next"/> before looking, so that nothing between looking and waiting is missed.</summary>
internal sealed class Signal
{
    private TaskCompletionSource _next = Fresh();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Set() => Interlocked.Exchange(ref _next, Fresh()).TrySetResult();

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
