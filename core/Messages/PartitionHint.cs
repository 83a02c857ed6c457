using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Body of a WrongPartition answer: the depth that the addressed partition has; names whose low Depth bits of the hash differ from it live elsewhere.
/// <code>
///   0 u8 depth
/// </code>
/// </summary>
public readonly record struct PartitionHint(byte Depth) : IWireMessage<PartitionHint>
{
    public int Size => 1;

    public void Write(ref WireWriter writer)
    {
        writer.U8(Depth);
    }

    public static bool TryRead(ref WireReader reader, out PartitionHint message)
    {
        message = new PartitionHint(reader.U8());
        return reader.Complete;
    }
}
