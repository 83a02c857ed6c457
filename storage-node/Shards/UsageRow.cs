using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// What a volume uses in one shard. Little-endian:
/// <code>0 u8 format version (1)   1 u64 effect sequence of the shard   9 i64 bytes   17 i64 inodes</code>
/// </summary>
public readonly record struct UsageRow(ulong EffectSequence, long UsedBytes, long Inodes)
{
    public const byte FormatVersion = 1;
    public const int Size = 25;

    public ReadOnlySpan<byte> Encode(Span<byte> target)
    {
        var writer = new WireWriter(target);
        writer.U8(FormatVersion);
        writer.U64(EffectSequence);
        writer.I64(UsedBytes);
        writer.I64(Inodes);
        return target[..writer.Position];
    }

    /// <exception cref="CorruptRowException">The bytes are not a usage row.</exception>
    public static UsageRow Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("usage", source);
        var row = new UsageRow(reader.U64(), reader.I64(), reader.I64());
        return reader.Complete ? row : throw CorruptRowException.Length("usage", source);
    }
}
