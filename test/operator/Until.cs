namespace SealFs.Operator.Tests;

/// <summary>Waits for a condition; the time-out is for a test that would hang otherwise.</summary>
internal static class Until
{
    public static async Task True(Func<bool> condition, string what, double seconds = 120, Func<string?>? detail = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!condition())
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"Waited in vain: {what} {detail?.Invoke()}");
            await Task.Delay(10);
        }
    }

    public static async Task Equal<T>(T expected, Func<T> read, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!EqualityComparer<T>.Default.Equals(expected, read()))
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"Waited in vain: {what} is {read()}, not {expected}");
            await Task.Delay(10);
        }
    }
}
