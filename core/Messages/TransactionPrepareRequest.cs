using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Asks a participant to validate, lock and log the steps of one round of a transaction. A transaction may prepare a shard in several rounds, numbered
/// from 0; a round that is asked for again is answered again. Answer: an empty body and as payload the steps with their results filled in (and those that
/// followed from what was found), or the errno that aborts the transaction; Busy when a lock is held by another one.
/// <code>
///   0 u64 transaction
///   8 u16 round
///  10 u64 session of the client whose request it is, or 0: its own leases are not in its way
///  18 rest: steps (u16 kind, u16 length + bytes), see docs/protocol.md
/// </code>
/// </summary>
public readonly ref struct TransactionPrepareRequest : IWireMessage<TransactionPrepareRequest>
{
    public TransactionId Transaction { get; init; }

    public ushort Round { get; init; }

    public SessionId Session { get; init; }

    public ReadOnlySpan<byte> Steps { get; init; }

    public int Size => 18 + Steps.Length;

    public void Write(ref WireWriter writer)
    {
        writer.U64(Transaction.Value);
        writer.U16(Round);
        writer.U64(Session.Value);
        writer.Raw(Steps);
    }

    public static bool TryRead(ref WireReader reader, out TransactionPrepareRequest message)
    {
        message = new TransactionPrepareRequest { Transaction = new(reader.U64()), Round = reader.U16(), Session = new(reader.U64()), Steps = reader.Rest() };
        return reader.Complete && !message.Transaction.IsNone;
    }
}
