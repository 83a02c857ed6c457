using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Between nodes: what has become of some inodes of a volume, for a node that looks for data that no file needs. Addressed to a shard of the node that is asked; inodes
/// of every shard it serves may be among them. The answer's payload has an InodeState for each, in the same order.
/// <code>
///   0 u16 length + bytes inodes   u64 each
/// </code>
/// </summary>
public readonly ref struct InodeStatesRequest : IWireMessage<InodeStatesRequest>
{
    public const int InodeBytes = 8;

    public ReadOnlySpan<byte> Inodes { get; init; }

    public int Size => 2 + Inodes.Length;

    public void Write(ref WireWriter writer) => writer.Bytes16(Inodes);

    public static bool TryRead(ref WireReader reader, out InodeStatesRequest message)
    {
        message = new InodeStatesRequest { Inodes = reader.Bytes16() };
        return reader.Complete && message.Inodes.Length % InodeBytes == 0;
    }
}
