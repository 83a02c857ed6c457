using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Body of an answer with WrongEpoch, when the node knows better: who serves the shard, and since which epoch. Without a body it knows nothing. Little-endian:
/// <code>0 u32 epoch   4 u32 primary node</code>
/// </summary>
public readonly record struct EpochHint(Epoch Epoch, NodeId Primary) : IWireMessage<EpochHint>
{
    public int Size => 8;

    public static bool TryRead(ref WireReader reader, out EpochHint message)
    {
        message = new EpochHint(new Epoch(reader.U32()), new NodeId(reader.U32()));
        return reader.Complete;
    }

    public void Write(ref WireWriter writer)
    {
        writer.U32(Epoch.Value);
        writer.U32(Primary.Value);
    }
}
