using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to Write and ChunkRange. With Commit the attributes after the write come along. AllocatedDelta: by how much the space that a chunk above 0
/// takes has changed; the client tells the sum to the inode's shard with its next CommitWrite, since that shard does not see those chunks.
/// <code>0 u8 (0 or 1) has attributes   1 i32 allocated delta bytes   5 88 bytes attributes, when it has them</code>
/// </summary>
public readonly record struct WriteReply(bool HasAttributes, InodeAttributes Attributes, int AllocatedDeltaBytes = 0) : IWireMessage<WriteReply>
{
    public int Size => 5 + (HasAttributes ? InodeAttributes.WireSize : 0);

    public void Write(ref WireWriter writer)
    {
        writer.Bool(HasAttributes);
        writer.I32(AllocatedDeltaBytes);
        if (HasAttributes)
            Attributes.Write(ref writer);
    }

    public static bool TryRead(ref WireReader reader, out WriteReply message)
    {
        var hasAttributes = reader.Bool();
        var delta = reader.I32();
        message = new WriteReply(hasAttributes, hasAttributes ? InodeAttributes.Read(ref reader) : default, delta);
        return reader.Complete;
    }
}
