namespace SealFs.Simulator.Mounts;

/// <summary>
/// Defects that were mended (of what is acknowledged and lost), put back by what surrounds the product in the simulation: a test of the simulator puts them in, to see that it finds them.
/// </summary>
[Flags]
internal enum Mistakes
{
    None = 0,

    /// <summary>fsync asks only the nodes that were written to since the file was opened here.</summary>
    SyncTouchedOnly = 1,

    /// <summary>The client does not see that a write verifier has changed.</summary>
    IgnoreVerifiers = 2,

    /// <summary>A node that was killed does not bring what the kernel has onto the disk before it serves again.</summary>
    ForgetUnsynced = 4,

    /// <summary>A sync that failed counts as done.</summary>
    ForgetFailedSync = 16,

    /// <summary>A failed write is told to one open handle, whoever asks first.</summary>
    TellFirst = 32,

    /// <summary>O_SYNC and O_DSYNC are ignored.</summary>
    IgnoreSyncFlag = 64,

    /// <summary>syncfs does nothing.</summary>
    SyncNothing = 128,
}
