using SealFs.Core.Wire;

namespace SealFs.Core.Tests.Rpc;

/// <summary>One number.</summary>
internal readonly record struct NumberMessage(ulong Value) : IWireMessage<NumberMessage>
{
    public int Size => 8;

    public void Write(ref WireWriter writer) => writer.U64(Value);

    public static bool TryRead(ref WireReader reader, out NumberMessage message)
    {
        message = new NumberMessage(reader.U64());
        return reader.Complete;
    }
}
