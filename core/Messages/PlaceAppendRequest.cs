using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// To the inode's shard, before bytes that an application appended (O_APPEND) are written: where they go. The shard answers with the end of the file, behind everything that it has given to others, and keeps that room for
/// the session. The run is a number of the session that rises; the session's last run is remembered, and asked for again has the same place. Answer: PlaceAppendReply.
/// <code>
///   0 u64 inode
///   8 u64 run
///  16 u64 length bytes
///  24 u64 at least bytes          behind this end of what the client has written and not committed
/// </code>
/// </summary>
public readonly record struct PlaceAppendRequest(InodeId Inode, ulong Run, ulong LengthBytes, ulong AtLeastBytes) : IWireMessage<PlaceAppendRequest>
{
    public int Size => 32;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U64(Run);
        writer.U64(LengthBytes);
        writer.U64(AtLeastBytes);
    }

    public static bool TryRead(ref WireReader reader, out PlaceAppendRequest message)
    {
        message = new PlaceAppendRequest(reader.Inode(), reader.U64(), reader.U64(), reader.U64());
        return reader.Complete;
    }
}
