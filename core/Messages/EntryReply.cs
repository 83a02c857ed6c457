using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to Lookup, Create, Mkdir and Link. When the inode lives in another shard (a directory, a file that was moved or linked), only
/// inode and type bits are set and <see cref="Complete"/> is false: the client asks the inode's own shard. The directory's attributes after the
/// mutation come along, so that the client can answer the kernel's next GETATTR of it.
/// <code>
/// 0 u8 (0 or 1) complete   1 u8 (0 or 1) has directory   2 u8 (0 or 1) existed before   3 88 bytes attributes   91 88 bytes attributes of the directory, when it has them
/// </code>
/// </summary>
public readonly record struct EntryReply(bool Complete, bool Existed, InodeAttributes Attributes, bool HasDirectory, InodeAttributes Directory)
    : IWireMessage<EntryReply>
{
    public int Size => 3 + InodeAttributes.WireSize + (HasDirectory ? InodeAttributes.WireSize : 0);

    public void Write(ref WireWriter writer)
    {
        writer.Bool(Complete);
        writer.Bool(HasDirectory);
        writer.Bool(Existed);
        Attributes.Write(ref writer);
        if (HasDirectory)
            Directory.Write(ref writer);
    }

    public static bool TryRead(ref WireReader reader, out EntryReply message)
    {
        var complete = reader.Bool();
        var hasDirectory = reader.Bool();
        var existed = reader.Bool();
        var attributes = InodeAttributes.Read(ref reader);
        message = new EntryReply(complete, existed, attributes, hasDirectory, hasDirectory ? InodeAttributes.Read(ref reader) : default);
        return reader.Complete;
    }
}
