namespace SealFs.Fuse;

/// <summary>Why a session has ended.</summary>
public enum FuseExitReason
{
    /// <summary>It has not.</summary>
    Running = 0,

    /// <summary>The file system was unmounted, or its connection aborted.</summary>
    Unmounted,

    /// <summary><see cref="FuseSession.Stop"/> was called; the mount lives on for a successor.</summary>
    Stopped,

    /// <summary>Reading from the device failed in an unexpected way.</summary>
    Failed,
}
