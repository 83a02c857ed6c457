using System.Buffers.Binary;
using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// A participant asks a node which of the transactions that it has applied are forgotten by their coordinators, whose shards that node serves, for good: only then
/// may the participant forget that it has applied them. Answer: EmptyMessage after a sync of the node's log; payload: u64 transaction for each that is forgotten.
/// <code>
///   0 u64 transaction; for each
/// </code>
/// </summary>
public readonly ref struct TransactionsForgottenRequest : IWireMessage<TransactionsForgottenRequest>
{
    public const int BytesPerTransaction = 8;

    public ReadOnlySpan<byte> Transactions { get; init; }

    public int Count => Transactions.Length / BytesPerTransaction;

    public int Size => Transactions.Length;

    public TransactionId this[int index] => new(BinaryPrimitives.ReadUInt64LittleEndian(Transactions[(index * BytesPerTransaction)..]));

    public void Write(ref WireWriter writer) => writer.Raw(Transactions);

    public static bool TryRead(ref WireReader reader, out TransactionsForgottenRequest message)
    {
        message = new TransactionsForgottenRequest { Transactions = reader.Rest() };
        return reader.Complete && message.Transactions.Length % BytesPerTransaction == 0;
    }
}
