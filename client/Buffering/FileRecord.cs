using System.Runtime.InteropServices;

namespace SealFs.Client.Buffering;

/// <summary>
/// What a successor must know of an open or dirty file, 128 bytes. A record is in use while its inode is not 0: that field is written last when the
/// record is taken, and first when it is given back.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FileRecord
{
    public const int Size = 128;

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

    /// <summary>The kernel's request that appended last, and how many of its bytes were taken: when it is sent again they are not taken again.</summary>
    [FieldOffset(64)]
    public ulong AppendRequest;

    [FieldOffset(72)]
    public uint AppendTaken;

    /// <summary>What <see cref="AppendTaken"/> becomes once the range of this order has at least this length.</summary>
    [FieldOffset(76)]
    public uint AppendTaking;

    [FieldOffset(80)]
    public ulong AppendTakingOrder;

    [FieldOffset(88)]
    public uint AppendTakingLength;

    /// <summary>Under which number the shard is asked for a place at the moment; 0 when it is not.</summary>
    [FieldOffset(96)]
    public ulong AskedRun;

    /// <summary>Appended ranges up to this order that have no number yet are those that are asked for under <see cref="AskedRun"/>.</summary>
    [FieldOffset(104)]
    public ulong AskedUpTo;
}
