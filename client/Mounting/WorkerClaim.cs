using System.Globalization;

namespace SealFs.Client.Mounting;

/// <summary>
/// One worker at a time serves a mount, whoever started it. The kernel is asked: each worker locks the arena (flock(2) on an open file of its own), which ends when
/// it is dead with all its threads, not earlier. So a successor in another process, or another container, knows when it may ask for what was in flight.
/// </summary>
internal static class WorkerClaim
{
    private const int O_RDWR = 2;
    private const int LOCK_EX = 2;

    /// <summary>Waits until no other worker lives. The claim lasts as long as this process. -1: there is nothing to share.</summary>
    public static void Take(int arenaDescriptor)
    {
        if (arenaDescriptor < 0)
            return;
        var own = Native.Check(Native.open(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{arenaDescriptor}"), O_RDWR | Native.O_CLOEXEC, 0), "opening the arena");
        Native.Check(Native.flock(own, LOCK_EX), "flock");
    }
}
