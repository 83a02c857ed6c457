using System.Runtime.InteropServices;

namespace SealFs.Client.Buffering;

/// <summary>
/// What a successor must know of an open or dirty file, 64 bytes. A record is in use while its inode is not 0: that field is written last when the
/// record is taken, and first when it is given back.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FileRecord
{
    public const int Size = 64;

    [FieldOffset(0)]
    public ulong Inode;

    /// <summary>Stamp of the last open that the servers were told of.</summary>
    [FieldOffset(8)]
    public ulong Stamp;

    /// <summary>Value of <see cref="CommitNeeded"/> when set-id bits go with the commit.</summary>
    public const uint CommitKillsSetIds = 3;

    /// <summary>1 (or <see cref="CommitKillsSetIds"/>) while chunks were written whose size and time the inode does not have yet.</summary>
    [FieldOffset(20)]
    public uint CommitNeeded;

    [FieldOffset(24)]
    public ulong CommitSizeBytes;

    [FieldOffset(32)]
    public long CommitTimeNs;

    /// <summary>Open files of the kernel: see <see cref="OpenCount"/>.</summary>
    [FieldOffset(40)]
    public ulong Opens;

    /// <summary>Failures of deferred writes: see <see cref="ErrorState"/>.</summary>
    [FieldOffset(48)]
    public ulong Errors;

    /// <summary>Size that the inode's shard has acknowledged and may lose; 0 when there is none.</summary>
    [FieldOffset(56)]
    public ulong UnsyncedSizeBytes;
}
