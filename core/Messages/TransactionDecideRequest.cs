using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Tells a participant the outcome. Answer: EmptyMessage, for a commit when it is applied and on stable storage; ENOENT when it was neither prepared nor applied there:
/// then the participant has lost it. An abort is acknowledged also when the participant knows nothing of it.
/// <code>
///   0 u64 transaction
///   8 u8 (0 or 1) commit
/// </code>
/// </summary>
public readonly record struct TransactionDecideRequest(TransactionId Transaction, bool Commit) : IWireMessage<TransactionDecideRequest>
{
    public int Size => 9;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Transaction.Value);
        writer.Bool(Commit);
    }

    public static bool TryRead(ref WireReader reader, out TransactionDecideRequest message)
    {
        message = new TransactionDecideRequest(new(reader.U64()), reader.Bool());
        return reader.Complete;
    }
}
