using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Detection.Model;

/// <summary>
/// Threads that compute side by side, each with libtorch's own threading off: the bits of a result then do not depend on how many
/// there are. Safe to be used by several callers at once.
/// </summary>
internal sealed class Lanes : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread[] _threads;

    public Lanes(int count)
    {
        _threads = [.. Enumerable.Range(0, count).Select(i => new Thread(Drive) { IsBackground = true, Name = $"model lane {i}" })];
        foreach (Thread thread in _threads) thread.Start();
    }

    public int Count => _threads.Length;

    /// <summary>Runs all of <paramref name="items"/> and returns when the last has ended; the first failure is thrown.</summary>
    public void Run(IReadOnlyList<Action> items)
    {
        using CountdownEvent left = new(items.Count + 1);
        ExceptionDispatchInfo? failure = null;
        foreach (Action item in items)
            _work.Add(() =>
            {
                try
                {
                    if (Volatile.Read(ref failure) is null) item();
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                }
                finally
                {
                    left.Signal();
                }
            });
        left.Signal();
        left.Wait(CancellationToken.None); // the items themselves watch the caller's token
        failure?.Throw();
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        foreach (Thread thread in _threads) thread.Join();
        _work.Dispose();
    }

    private void Drive()
    {
        torch.set_num_threads(1); // OpenMP's and MKL's settings are the thread's own
        using IDisposable inference = torch.inference_mode();
        foreach (Action item in _work.GetConsumingEnumerable()) item();
    }
}
