using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// No fields.
/// <code>
/// </code>
/// </summary>
public readonly record struct EmptyMessage() : IWireMessage<EmptyMessage>
{
    public int Size => 0;

    public void Write(ref WireWriter writer)
    {
    }

    public static bool TryRead(ref WireReader reader, out EmptyMessage message)
    {
        message = new EmptyMessage();
        return reader.Complete;
    }
}
