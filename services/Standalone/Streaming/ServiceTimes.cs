namespace Detection.Standalone.Streaming;

/// <summary>How long batches took, by their size: of each kept only what a straight line is fitted to. Safe for several threads.</summary>
internal sealed class ServiceTimes
{
    private readonly Lock _adding = new();
    private double _count, _items, _seconds, _squares, _products;

    public void Add(int items, TimeSpan took)
    {
        double seconds = took.TotalSeconds;
        lock (_adding)
        {
            _count++;
            _items += items;
            _seconds += seconds;
            _squares += (double)items * items;
            _products += items * seconds;
        }
    }

    /// <summary>
    /// The line PerBatch + n × PerItem nearest to what was measured (least squares; neither part below 0, and the mean kept). Where all batches were of one size all of their time counts
    /// by the message; null where nothing was measured.
    /// </summary>
    public FittedTimes? Fit()
    {
        lock (_adding)
        {
            if (_count == 0) return null;
            double spread = _squares - _items * _items / _count, meanItems = _items / _count, mean = _seconds / _count;
            double perItem = spread > 1e-9 * _squares ? (_products - _items * _seconds / _count) / spread : mean / meanItems;
            perItem = Math.Clamp(perItem, 0, mean / meanItems);
            return new FittedTimes(Math.Max(0, mean - perItem * meanItems), perItem, meanItems, (long)_count);
        }
    }
}

/// <param name="PerBatch">Seconds, of any batch.</param>
/// <param name="PerItem">Seconds, of each message in it.</param>
/// <param name="MeanBatch">Messages.</param>
internal sealed record FittedTimes(double PerBatch, double PerItem, double MeanBatch, long Batches);
