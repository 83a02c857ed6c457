using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// A shard's write verifier (<see cref="WriteVerifier"/>). Being a row of the shard, it moves with it. Little-endian:
/// <code>0 u8 format version (1)   1 u64 verifier, not 0</code>
/// </summary>
internal static class VerifierRow
{
    private const byte FormatVersion = 1;
    private const int Size = 9;

    /// <summary>Reads the verifier of a shard that is being opened; draws one for a shard that has none yet.</summary>
    /// <exception cref="CorruptRowException">The row is not a verifier.</exception>
    public static WriteVerifier Load(NodeContext node, ShardId shard)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[Size];
        var length = node.Engine.Get(Table.Metadata, MetadataKey.Verifier(key, shard), value);
        if (length >= 0)
            return Decode(value[..length]);
        var verifier = Draw(node.Execution.Random);
        using var batch = new EffectBatch();
        Stage(batch, shard, verifier);
        try
        {
            node.Engine.Apply(batch);
        }
        catch (MetadataEngineException failure) when (failure.IsNoSpace)
        {
            // A verifier that the next start does not find only makes clients write again what they still hold.
        }

        return verifier;
    }

    public static void Stage(EffectBatch batch, ShardId shard, WriteVerifier verifier)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[Size];
        var writer = new WireWriter(value);
        writer.U8(FormatVersion);
        writer.U64(verifier.Value);
        batch.Put(Table.Metadata, MetadataKey.Verifier(key, shard), value);
    }

    public static WriteVerifier Draw(Random random) => new((ulong)random.NextInt64(1, long.MaxValue));

    private static WriteVerifier Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("write verifier", source);
        var verifier = new WriteVerifier(reader.U64());
        return reader.Complete ? verifier : throw CorruptRowException.Length("write verifier", source);
    }
}
