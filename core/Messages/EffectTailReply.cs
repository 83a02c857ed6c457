using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Payload: entry after entry, u8 kind, u32 length, and then: kind 1 (effects), u64 effect sequence, an EffectBatch; kind 2 (blocks of a chunk were written), u32 volume,
/// u64 inode, u64 chunk, u64 blocks.
/// <code>
///   0 u64 end
/// </code>
/// </summary>
public readonly record struct EffectTailReply(ulong End) : IWireMessage<EffectTailReply>
{
    public int Size => 8;

    public void Write(ref WireWriter writer)
    {
        writer.U64(End);
    }

    public static bool TryRead(ref WireReader reader, out EffectTailReply message)
    {
        message = new EffectTailReply(reader.U64());
        return reader.Complete;
    }
}
