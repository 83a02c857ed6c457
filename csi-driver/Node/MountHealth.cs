using SealFs.Fuse;

namespace SealFs.CsiDriver.Node;

internal enum MountHealth
{
    Healthy,

    /// <summary>Nobody serves it, and nobody ever will: it can only be unmounted.</summary>
    Dead,

    /// <summary>It does not answer: its mountd is being replaced, or storage nodes are away.</summary>
    Silent,
}

/// <summary>Whether a mount answers: asked by statfs(2), which always reaches the storage nodes.</summary>
internal static class MountProbe
{
    public static async Task<MountHealth> AskAsync(string path)
    {
        try
        {
            await NodeSystem.UsageAsync(path);
            return MountHealth.Healthy;
        }
        catch (TimeoutException)
        {
            return MountHealth.Silent;
        }
        catch (FuseException problem) when (problem.Errno is FuseErrno.ENOTCONN or FuseErrno.ECONNABORTED)
        {
            return MountHealth.Dead;
        }
        catch (FuseException)
        {
            // It answers, though not well: a storage node may be away.
            return MountHealth.Silent;
        }
    }
}
