using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Asks a participant for the one step of a transaction that its coordinator has decided already, because nothing can go wrong with it: DropLink. Asked until it is
/// answered, and done once. Answer: TransactionFollowReply, or Busy while another transaction is in the way.
/// <code>
///   0 u64 transaction
///   8 rest: the step (u16 kind, u16 length + bytes), see docs/protocol.md
/// </code>
/// </summary>
public readonly ref struct TransactionFollowRequest : IWireMessage<TransactionFollowRequest>
{
    public TransactionId Transaction { get; init; }

    public ReadOnlySpan<byte> Step { get; init; }

    public int Size => 8 + Step.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Transaction.Value);
        writer.Raw(Step);
    }

    public static bool TryRead(ref WireReader reader, out TransactionFollowRequest message)
    {
        message = new TransactionFollowRequest { Transaction = new(reader.U64()), Step = reader.Rest() };
        return reader.Complete && !message.Transaction.IsNone;
    }
}
