using SealFs.Core.Wire;

namespace SealFs.Core.Rpc;

/// <summary>What a <see cref="CompoundWriter"/> wrote, as the body of a call with <see cref="RpcCall.Compound"/> set.</summary>
public readonly ref struct CompoundBody(ReadOnlySpan<byte> operations) : IWireMessage<CompoundBody>
{
    public ReadOnlySpan<byte> Operations { get; } = operations;

    public int Size => Operations.Length;

    public void Write(ref WireWriter writer) => writer.Raw(Operations);

    public static bool TryRead(ref WireReader reader, out CompoundBody message)
    {
        message = new CompoundBody(reader.Rest());
        return reader.Complete;
    }

    public CompoundReader Read() => new(Operations);
}
