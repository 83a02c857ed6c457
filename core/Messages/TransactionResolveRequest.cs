using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// A participant in doubt asks the coordinator's shard for the outcome. Answer: TransactionResolveReply, a commit when it is on stable storage; or Busy while it is not decided, or cannot
/// be relied on yet.
/// <code>
///   0 u64 transaction
/// </code>
/// </summary>
public readonly record struct TransactionResolveRequest(TransactionId Transaction) : IWireMessage<TransactionResolveRequest>
{
    public int Size => 8;

    public void Write(ref WireWriter writer) => writer.U64(Transaction.Value);

    public static bool TryRead(ref WireReader reader, out TransactionResolveRequest message)
    {
        message = new TransactionResolveRequest(new(reader.U64()));
        return reader.Complete;
    }
}
