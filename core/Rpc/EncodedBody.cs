using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>A body that is bytes already.</summary>
public readonly ref struct EncodedBody(ReadOnlySpan<byte> bytes) : IWireMessage<EncodedBody>
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Size => _bytes.Length;

    public void Write(ref WireWriter writer) => writer.Raw(_bytes);

    public static bool TryRead(ref WireReader reader, out EncodedBody message)
    {
        message = new EncodedBody(reader.Rest());
        return reader.Complete;
    }
}
