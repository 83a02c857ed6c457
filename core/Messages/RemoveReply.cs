using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to Unlink, Rmdir and Rename. Directory: the (source) directory after the mutation; Target: the target directory of a rename across directories.
/// <code>
/// 0 u64 inode that lost its name (of a rename: the one replaced, or 0)   8 u8 (0 or 1) has directory   9 u8 (0 or 1) has target
/// 10 88 bytes attributes, when it has them   … 88 bytes attributes, when it has them
/// </code>
/// </summary>
public readonly record struct RemoveReply(InodeId Removed, bool HasDirectory, InodeAttributes Directory, bool HasTarget, InodeAttributes Target)
    : IWireMessage<RemoveReply>
{
    public int Size => 10 + ((HasDirectory ? 1 : 0) + (HasTarget ? 1 : 0)) * InodeAttributes.WireSize;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Removed);
        writer.Bool(HasDirectory);
        writer.Bool(HasTarget);
        if (HasDirectory)
            Directory.Write(ref writer);
        if (HasTarget)
            Target.Write(ref writer);
    }

    public static bool TryRead(ref WireReader reader, out RemoveReply message)
    {
        var removed = reader.Inode();
        var hasDirectory = reader.Bool();
        var hasTarget = reader.Bool();
        var directory = hasDirectory ? InodeAttributes.Read(ref reader) : default;
        message = new RemoveReply(removed, hasDirectory, directory, hasTarget, hasTarget ? InodeAttributes.Read(ref reader) : default);
        return reader.Complete;
    }
}
