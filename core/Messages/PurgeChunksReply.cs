using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to PurgeChunks: usage that the removal gave back in the shard.
/// <code>
///   0 u64 freed bytes
/// </code>
/// </summary>
public readonly record struct PurgeChunksReply(ulong FreedBytes) : IWireMessage<PurgeChunksReply>
{
    public int Size => 8;

    public void Write(ref WireWriter writer) => writer.U64(FreedBytes);

    public static bool TryRead(ref WireReader reader, out PurgeChunksReply message)
    {
        message = new PurgeChunksReply(reader.U64());
        return reader.Complete;
    }
}
