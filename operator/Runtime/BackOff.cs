namespace SealFs.Operator.Runtime;

/// <summary>Delays that double, each between half and the whole of it by chance, so that many do not come back at once.</summary>
public sealed class BackOff(TimeSpan least, TimeSpan most, Random random)
{
    /// <param name="failures">In a row, counted from 1.</param>
    public TimeSpan After(int failures)
    {
        var full = Math.Min(most.TotalSeconds, least.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        lock (random)
            return TimeSpan.FromSeconds(full * (0.5 + (random.NextDouble() / 2)));
    }
}
