using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// What a participant made of a step of a transaction that is committed already.
/// <code>
///   0 u8 (0 or 1) done; otherwise it is prepared, and waits for TransactionDecide
/// </code>
/// </summary>
public readonly record struct TransactionFollowReply(bool IsDone) : IWireMessage<TransactionFollowReply>
{
    public int Size => 1;

    public void Write(ref WireWriter writer) => writer.Bool(IsDone);

    public static bool TryRead(ref WireReader reader, out TransactionFollowReply message)
    {
        message = new TransactionFollowReply(reader.Bool());
        return reader.Complete;
    }
}
