using SealFs.Core.Messages;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <summary>Attributes as the servers have them ↔ as the kernel wants them.</summary>
internal static class Conversion
{
    private const long NsPerSecond = 1_000_000_000;
    private const uint BlockBytes = 4096;

    public static fuse_attr ToKernel(in InodeAttributes attributes, ulong nodeId)
    {
        var (accessSeconds, accessNs) = Split(attributes.AccessTimeNs);
        var (modifySeconds, modifyNs) = Split(attributes.ModifyTimeNs);
        var (changeSeconds, changeNs) = Split(attributes.ChangeTimeNs);
        return new fuse_attr
        {
            ino = nodeId,
            size = attributes.SizeBytes,
            blocks = (attributes.AllocatedBytes + 511) / 512,
            atime = accessSeconds,
            atimensec = accessNs,
            mtime = modifySeconds,
            mtimensec = modifyNs,
            ctime = changeSeconds,
            ctimensec = changeNs,
            mode = attributes.Mode,
            nlink = attributes.LinkCount,
            uid = attributes.Uid,
            gid = attributes.Gid,
            rdev = attributes.DeviceNumber,
            blksize = BlockBytes,
        };
    }

    /// <summary>
    /// As servers keep a time (see <see cref="InodeAttributes"/>). What lies outside of the range becomes its first or last second, and that second has no fraction, as on ext4.
    /// </summary>
    public static long ToNanoseconds(ulong seconds, uint nanoseconds)
    {
        var clamped = Math.Clamp((long)seconds, InodeAttributes.FirstSecond, InodeAttributes.LastSecond);
        var fraction = clamped is InodeAttributes.FirstSecond or InodeAttributes.LastSecond ? 0 : nanoseconds;
        return unchecked(clamped * NsPerSecond + fraction);
    }

    /// <summary>Seconds are rounded down, so that the rest is never negative, also before 1970.</summary>
    private static (ulong Seconds, uint Nanoseconds) Split(long ns)
    {
        var sinceFirst = unchecked((ulong)(ns - InodeAttributes.FirstSecond * NsPerSecond));
        var seconds = InodeAttributes.FirstSecond + (long)(sinceFirst / NsPerSecond);
        return ((ulong)seconds, (uint)(sinceFirst % NsPerSecond));
    }
}
