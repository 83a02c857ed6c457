using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Asks a participant for the steps of a transaction that is committed for good: one that was never prepared there, because nothing can go wrong with it (DropLink), or one
/// whose preparation the participant has lost with its power. Asked until it is answered, and done once. Answer: EmptyMessage, or Busy while another transaction is in the way.
/// <code>
///   0 u64 transaction
///   8 rest: the steps (u16 kind, u16 length + bytes), see docs/protocol.md
/// </code>
/// </summary>
public readonly ref struct TransactionFollowRequest : IWireMessage<TransactionFollowRequest>
{
    public TransactionId Transaction { get; init; }

    public ReadOnlySpan<byte> Steps { get; init; }

    public int Size => 8 + Steps.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Transaction.Value);
        writer.Raw(Steps);
    }

    public static bool TryRead(ref WireReader reader, out TransactionFollowRequest message)
    {
        message = new TransactionFollowRequest { Transaction = new(reader.U64()), Steps = reader.Rest() };
        return reader.Complete && !message.Transaction.IsNone;
    }
}
