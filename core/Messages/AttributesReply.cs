using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Answer to GetAttr, SetAttr, CommitWrite and Open (there with the inline data as payload).
/// <code>
///   0 88 bytes InodeAttributes attributes
/// </code>
/// </summary>
public readonly record struct AttributesReply(InodeAttributes Attributes) : IWireMessage<AttributesReply>
{
    public int Size => 88;

    public void Write(ref WireWriter writer)
    {
        Attributes.Write(ref writer);
    }

    public static bool TryRead(ref WireReader reader, out AttributesReply message)
    {
        var attributes = InodeAttributes.Read(ref reader);
        message = new AttributesReply(attributes);
        return reader.Complete;
    }
}
