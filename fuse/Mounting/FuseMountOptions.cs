namespace SealFs.Fuse;

/// <summary>How a file system is mounted.</summary>
public sealed record FuseMountOptions
{
    /// <summary>What the first column of /proc/mounts shows.</summary>
    public string Source { get; init; } = "fuse";

    /// <summary>The type is shown as <c>fuse.SUBTYPE</c>.</summary>
    public string Subtype { get; init; } = "net";

    /// <summary>
    /// <see cref="Source"/> is a block device, and the type <c>fuseblk</c>: the kernel opens the device for itself alone, sends FUSE_SYNCFS for syncfs(2) and sync(2), and waits for FUSE_DESTROY at
    /// the end. Only root may mount so.
    /// </summary>
    public bool BlockDevice { get; init; }

    /// <summary>Lets other users in. Without root, /etc/fuse.conf must say user_allow_other.</summary>
    public bool AllowOther { get; init; } = true;

    /// <summary>The kernel checks permissions by mode, owner and group, so that ACCESS is never sent.</summary>
    public bool DefaultPermissions { get; init; } = true;

    public bool ReadOnly { get; init; }

    /// <summary>Set-uid programs and device files have no effect inside. Root may say otherwise.</summary>
    public bool NoSetUidOrDevices { get; init; } = true;

    /// <summary>No access times are kept by the kernel.</summary>
    public bool NoAccessTimes { get; init; }

    /// <summary>Largest READ in bytes; equal to <see cref="FuseHandshakeOptions.MaxTransferBytes"/>.</summary>
    public int MaxReadBytes { get; init; } = Limits.DefaultMaxTransferBytes;

    /// <summary>Mounts through the set-uid fusermount3 also as root.</summary>
    public bool ForceFusermount { get; init; }
}
