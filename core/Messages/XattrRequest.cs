using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// GetXattr and RemoveXattr (flags 0), SetXattr (flags of setxattr(2): CREATE 1, REPLACE 2; the payload is the value). GetXattr answers with the value as payload.
/// <code>
///   0 u64 inode
///   8 u32 flags
///  12 u16 length + bytes name
/// </code>
/// </summary>
public readonly ref struct XattrRequest : IWireMessage<XattrRequest>
{
    public InodeId Inode { get; init; }

    public uint Flags { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public int Size => 14 + Name.Length;

    public void Write(ref WireWriter writer)
    {
        writer.Inode(Inode);
        writer.U32(Flags);
        writer.Bytes16(Name);
    }

    public static bool TryRead(ref WireReader reader, out XattrRequest message)
    {
        message = new XattrRequest
        {
            Inode = reader.Inode(),
            Flags = reader.U32(),
            Name = reader.Bytes16(),
        };
        return reader.Complete && message.Name.Length is > 0 and <= 255;
    }
}
