using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The shard is retired: nothing is entered from the position on. The open references are asked for with ListHandedOver.
/// <code>
///   0 u64 position
///   8 u64 effect sequence
///  16 u32 open references
/// </code>
/// </summary>
public readonly record struct HandOverReply(ulong Position, ulong EffectSequence, uint OpenReferences) : IWireMessage<HandOverReply>
{
    public int Size => 20;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Position);
        writer.U64(EffectSequence);
        writer.U32(OpenReferences);
    }

    public static bool TryRead(ref WireReader reader, out HandOverReply message)
    {
        message = new HandOverReply(reader.U64(), reader.U64(), reader.U32());
        return reader.Complete;
    }
}
