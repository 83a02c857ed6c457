using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>A dirty range of one file, within one chunk, in units of the arena that lie next to each other. Guarded by its file's gate.</summary>
internal sealed class Extent
{
    public int Unit;
    public int Units;
    public ulong Offset;
    public int Length;
    public ulong Order;
    public long ModifyTimeNs;
    public bool KillSetIds;

    /// <summary>On its way to a server: its bytes must not change any more.</summary>
    public bool IsSending;

    /// <summary>An older range that overlaps this one is sent again: this one has to follow it, whatever its answer is.</summary>
    public bool IsToBeRepeated;

    /// <summary>Its bytes were appended (O_APPEND): the inode's shard says where they go. Nothing but the next append makes it longer.</summary>
    public bool IsAppend;

    /// <summary>Of an append: the number under which the shard is or was asked for its place; 0 before that.</summary>
    public ulong Run;

    /// <summary>Of an append: <see cref="Offset"/> is where it goes. Before that it is where the end of the file was believed to be.</summary>
    public bool IsPlaced;

    /// <summary>Of an append: the shard has said that it does not go where it was believed to go; its place has to be asked for.</summary>
    public bool IsElsewhere;

    /// <summary>The next range begins with the rest of a write that ends this one: both have to be asked for at once.</summary>
    public bool JoinsNext;

    /// <summary>Of a kept range: the write verifier that its answer carried.</summary>
    public WriteVerifier Verifier;

    /// <summary>Of a kept range: when its answer came, by the arena's count.</summary>
    public ulong AckOrder;

    public ulong End => Offset + (uint)Length;

    public bool NeedsPlace => IsAppend && !IsPlaced;

    public int CapacityBytes => Units * Limits.BufferUnitBytes;

    /// <summary>It is filled up to here, so that the next one begins with a block of the node's.</summary>
    public int MostBytes;

    /// <summary>True when both change the same block of the node's, or the same bytes.</summary>
    public bool SharesBlock(Extent other) => Overlaps(other.Offset / Limits.BlockBytes * Limits.BlockBytes, (other.End + Limits.BlockBytes - 1) / Limits.BlockBytes * Limits.BlockBytes);

    public bool Overlaps(ulong from, ulong to) => Offset < to && from < End;
}
