using System.Runtime.InteropServices;

namespace SealFs.Client.Buffering;

/// <summary>
/// A shard has acknowledged changes of an inode and has not said yet that they are on stable storage, 32 bytes. In use while the inode is not 0: that field is written last when the record is taken, and
/// first when it is given back.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct UnsyncedRecord
{
    public const int Size = 32;

    [FieldOffset(0)]
    public ulong Inode;

    /// <summary>What the shard's write verifier was.</summary>
    [FieldOffset(8)]
    public ulong Verifier;

    /// <summary>When the last of them was acknowledged, by the arena's count.</summary>
    [FieldOffset(16)]
    public ulong Order;

    [FieldOffset(24)]
    public uint Shard;

    /// <summary>As <see cref="IsDropped"/>: what was not kept is lost, and a sync of the volume was told.</summary>
    public const uint DroppedAndTold = 3;

    /// <summary>1 when some of it is not kept here to be sent again.</summary>
    [FieldOffset(28)]
    public uint IsDropped;
}
