using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The snapshot shows what was entered below the position, and nothing later.
/// <code>
///   0 u64 position
///   8 u64 effect sequence
/// </code>
/// </summary>
public readonly record struct ShardSnapshotReply(ulong Position, ulong EffectSequence) : IWireMessage<ShardSnapshotReply>
{
    public int Size => 16;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Position);
        writer.U64(EffectSequence);
    }

    public static bool TryRead(ref WireReader reader, out ShardSnapshotReply message)
    {
        message = new ShardSnapshotReply(reader.U64(), reader.U64());
        return reader.Complete;
    }
}
