using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Replication;

public enum HeldState : byte
{
    /// <summary>Was served from here up to the epoch.</summary>
    Retired = 1,

    /// <summary>Is being copied from a node that serves it in the epoch, or was: it is worth nothing as it is.</summary>
    Copying = 2,

    /// <summary>Has everything that the source had when it retired: serves when a later epoch says so.</summary>
    Complete = 3,

    /// <summary>Is being deleted.</summary>
    Dropping = 4,
}

/// <summary>
/// What this node has of a shard that it does not serve. Stands in a row outside of all shards, which is never copied: key FF FF FF FF | 'H' | shard u32, big-endian. Value, little-endian:
/// <code>0 u8 format version (1)   1 u8 state   2 u32 epoch   6 u64 move   14 u32 node that took over, 0 when none is known</code>
/// </summary>
public readonly record struct HeldCopy(HeldState State, Epoch Epoch, ulong Move, NodeId Target)
{
    internal const int KeyBytes = 9;
    internal const int ValueBytes = 18;

    private const byte FormatVersion = 1;

    internal static ReadOnlySpan<byte> Key(Span<byte> buffer, ShardId shard)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer, uint.MaxValue);
        buffer[4] = (byte)'H';
        BinaryPrimitives.WriteUInt32BigEndian(buffer[5..], shard.Value);
        return buffer[..KeyBytes];
    }

    internal static ShardId ShardOf(ReadOnlySpan<byte> key) => new(BinaryPrimitives.ReadUInt32BigEndian(key[5..]));

    internal ReadOnlySpan<byte> Encode(Span<byte> target)
    {
        var writer = new WireWriter(target);
        writer.U8(FormatVersion);
        writer.U8((byte)State);
        writer.U32(Epoch.Value);
        writer.U64(Move);
        writer.U32(Target.Value);
        return target[..writer.Position];
    }

    /// <exception cref="CorruptRowException">The bytes are not such a row.</exception>
    internal static HeldCopy Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("held copy", source);
        var copy = new HeldCopy((HeldState)reader.U8(), new Epoch(reader.U32()), reader.U64(), new NodeId(reader.U32()));
        return reader.Complete ? copy : throw CorruptRowException.Length("held copy", source);
    }
}
