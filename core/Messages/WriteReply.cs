using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to Write. With Commit the attributes after the write come along.
/// <code>0 u8 (0 or 1) has attributes   1 88 bytes attributes, when it has them</code>
/// </summary>
public readonly record struct WriteReply(bool HasAttributes, InodeAttributes Attributes) : IWireMessage<WriteReply>
{
    public int Size => 1 + (HasAttributes ? InodeAttributes.WireSize : 0);

    public void Write(ref WireWriter writer)
    {
        writer.Bool(HasAttributes);
        if (HasAttributes)
            Attributes.Write(ref writer);
    }

    public static bool TryRead(ref WireReader reader, out WriteReply message)
    {
        var hasAttributes = reader.Bool();
        message = new WriteReply(hasAttributes, hasAttributes ? InodeAttributes.Read(ref reader) : default);
        return reader.Complete;
    }
}
