namespace Detection.Storage;

/// <summary>Whether a store answers, in words for a host's readiness.</summary>
public static class StoreReadiness
{
    /// <summary>Null: it answers; else a sentence that names what does not.</summary>
    public static async Task<string?> ReasonAsync(IVerdictStore store, CancellationToken cancellation)
    {
        try
        {
            await store.CheckAsync(cancellation).ConfigureAwait(false);
            return null;
        }
        catch (StoreException failure) { return failure.Message; }
        catch (Exception failure) when (failure is not OperationCanceledException) { return $"The store does not answer: {failure.GetType().Name}."; }
    }
}
