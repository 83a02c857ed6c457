using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Who answered. A changed incarnation means that the node was restarted and has forgotten what it held in memory.
/// <code>
///   0 u16 protocol version
///   2 u32 node
///   6 u64 incarnation
///  14 u32 shard count
/// </code>
/// </summary>
public readonly record struct HelloReply(ushort ProtocolVersion, NodeId Node, ulong Incarnation, uint ShardCount) : IWireMessage<HelloReply>
{
    public int Size => 18;

    public void Write(ref WireWriter writer)
    {
        writer.U16(ProtocolVersion);
        writer.U32(Node.Value);
        writer.U64(Incarnation);
        writer.U32(ShardCount);
    }

    public static bool TryRead(ref WireReader reader, out HelloReply message)
    {
        message = new HelloReply(reader.U16(), new NodeId(reader.U32()), reader.U64(), reader.U32());
        return reader.Complete;
    }
}
