using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Asks a participant to bring what it has prepared of a transaction to stable storage, with everything before it. Without a transaction: everything that
/// the node has acknowledged. Answer: EmptyMessage after a sync of the node's log; ECANCELED when not all rounds are prepared there (any more).
/// <code>
///   0 u64 transaction, or 0
///   8 u16 rounds that were prepared
/// </code>
/// </summary>
public readonly record struct TransactionSyncRequest(TransactionId Transaction, ushort Rounds) : IWireMessage<TransactionSyncRequest>
{
    public int Size => 10;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Transaction.Value);
        writer.U16(Rounds);
    }

    public static bool TryRead(ref WireReader reader, out TransactionSyncRequest message)
    {
        message = new TransactionSyncRequest(new(reader.U64()), reader.U16());
        return reader.Complete;
    }
}
