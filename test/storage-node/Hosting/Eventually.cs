using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>Waits for something that happens in the background.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition)
    {
        var started = Environment.TickCount64;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 - started < 60_000, "It did not happen within 60 s.");
            await Task.Delay(5);
        }
    }

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        var started = Environment.TickCount64;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 - started < 60_000, "It did not happen within 60 s.");
            await Task.Delay(5);
        }
    }
}
