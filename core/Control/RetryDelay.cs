namespace SealFs.Core.Control;

/// <summary>
/// The pause before the next try: doubles from <see cref="ControlLimits.FirstRetryMs"/> to <see cref="ControlLimits.LongestRetryMs"/>, and each is shortened
/// at random by up to half, so that many clients do not come back to a restarted manager in the same instant.
/// </summary>
internal sealed class RetryDelay(TimeProvider clock, Random random)
{
    private int nextMs = ControlLimits.FirstRetryMs;

    public void Reset() => nextMs = ControlLimits.FirstRetryMs;

    public Task WaitAsync(CancellationToken cancellation) => Task.Delay(Next(), clock, cancellation);

    internal TimeSpan Next()
    {
        var delayMs = nextMs;
        nextMs = Math.Min(nextMs * 2, ControlLimits.LongestRetryMs);
        return TimeSpan.FromMilliseconds(delayMs * (0.5 + (random.NextDouble() / 2)));
    }
}
