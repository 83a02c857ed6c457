using SealFs.Core.Wire;

namespace SealFs.Core.Tests.Rpc;

/// <summary>A body of any bytes.</summary>
internal readonly ref struct BytesMessage(ReadOnlySpan<byte> bytes) : IWireMessage<BytesMessage>
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Size => Bytes.Length;

    public void Write(ref WireWriter writer) => writer.Raw(Bytes);

    public static bool TryRead(ref WireReader reader, out BytesMessage message)
    {
        message = new BytesMessage(reader.Rest());
        return reader.Complete;
    }
}
