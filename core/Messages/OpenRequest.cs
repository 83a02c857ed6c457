using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Revalidates an inode and registers that the session has it open, so that its data outlive its last name. The stamp rises with every open of the session. Answer: AttributesReply;
/// the payload is the whole content when WantData is set, the file is inline and its version is not KnownVersion.
/// <code>
///   0 u64 inode
///   8 u8 OpenFlags flags
///   9 u64 stamp
///  17 u64 known version
/// </code>
/// </summary>
public readonly record struct OpenRequest(InodeId Inode, OpenFlags Flags, ulong Stamp, ulong KnownVersion) : IWireMessage<OpenRequest>
{
    public int Size => 25;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U8((byte)Flags);
        writer.U64(Stamp);
        writer.U64(KnownVersion);
    }

    public static bool TryRead(ref WireReader reader, out OpenRequest message)
    {
        message = new OpenRequest(reader.Inode(), (OpenFlags)reader.U8(), reader.U64(), reader.U64());
        return reader.Complete;
    }
}
