namespace SealFs.CsiDriver.Tests.Node;

/// <summary>Waits for what another process will do.</summary>
internal static class Waiting
{
    public static async Task UntilAsync(string what, Func<bool> condition, int seconds = 60)
    {
        var end = DateTime.UtcNow.AddSeconds(seconds);
        while (!condition())
        {
            if (DateTime.UtcNow > end)
                throw new TimeoutException($"not within {seconds} s: {what}");
            await Task.Delay(10);
        }
    }
}
