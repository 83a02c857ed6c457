using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to ReadParent: the directory that holds this directory's entry; a volume's root is its own parent.
/// <code>
///   0 u64 parent
/// </code>
/// </summary>
public readonly record struct ParentReply(InodeId Parent) : IWireMessage<ParentReply>
{
    public int Size => 8;

    public void Write(ref WireWriter writer) => writer.Inode(Parent);

    public static bool TryRead(ref WireReader reader, out ParentReply message)
    {
        message = new ParentReply(reader.Inode());
        return reader.Complete;
    }
}
