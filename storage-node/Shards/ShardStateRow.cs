using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// A shard's own state. Little-endian:
/// <code>0 u8 format version (1)   1 u64 effect sequence   9 u64 inode sequence: numbers from here on were never used</code>
/// </summary>
public readonly record struct ShardStateRow(ulong EffectSequence, ulong InodeSequence)
{
    public const byte FormatVersion = 1;

    /// <summary>Room for this row and for a <see cref="UsageRow"/>.</summary>
    public const int MaxBytes = 32;

    public ReadOnlySpan<byte> Encode(Span<byte> target)
    {
        var writer = new WireWriter(target);
        writer.U8(FormatVersion);
        writer.U64(EffectSequence);
        writer.U64(InodeSequence);
        return target[..writer.Position];
    }

    /// <exception cref="CorruptRowException">The bytes are not a shard's state.</exception>
    public static ShardStateRow Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("shard state", source);
        var row = new ShardStateRow(reader.U64(), reader.U64());
        return reader.Complete ? row : throw CorruptRowException.Length("shard state", source);
    }
}
