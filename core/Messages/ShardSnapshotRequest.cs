using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Keeps the shard as it is at this moment, for a comparison. Answer: ShardSnapshotReply.
/// <code>
///   0 u64 attachment
/// </code>
/// </summary>
public readonly record struct ShardSnapshotRequest(ulong Attachment) : IWireMessage<ShardSnapshotRequest>
{
    public int Size => 8;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Attachment);
    }

    public static bool TryRead(ref WireReader reader, out ShardSnapshotRequest message)
    {
        message = new ShardSnapshotRequest(reader.U64());
        return reader.Complete;
    }
}
