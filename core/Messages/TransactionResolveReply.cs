using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// The outcome. A coordinator that knows nothing of the transaction answers that it was aborted.
/// <code>
///   0 u8 (0 or 1) committed
/// </code>
/// </summary>
public readonly record struct TransactionResolveReply(bool Committed) : IWireMessage<TransactionResolveReply>
{
    public int Size => 1;

    public void Write(ref WireWriter writer) => writer.Bool(Committed);

    public static bool TryRead(ref WireReader reader, out TransactionResolveReply message)
    {
        message = new TransactionResolveReply(reader.Bool());
        return reader.Complete;
    }
}
