using System.Buffers.Binary;
using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// Tells a node of many transactions that were committed, each in one of its shards. Answer: EmptyMessage, when all of them are applied and on stable storage;
/// WrongEpoch when the node does not serve all of the shards, ENOENT when one was neither prepared nor applied. The others know then all the same.
/// <code>
///   0 u32 shard, u64 transaction; for each
/// </code>
/// </summary>
public readonly ref struct TransactionCommitsRequest : IWireMessage<TransactionCommitsRequest>
{
    public const int BytesPerCommit = 12;

    public ReadOnlySpan<byte> Commits { get; init; }

    public int Count => Commits.Length / BytesPerCommit;

    public int Size => Commits.Length;

    public (ShardId Shard, TransactionId Transaction) this[int index]
    {
        get
        {
            var commit = Commits.Slice(index * BytesPerCommit, BytesPerCommit);
            return (new(BinaryPrimitives.ReadUInt32LittleEndian(commit)), new(BinaryPrimitives.ReadUInt64LittleEndian(commit[4..])));
        }
    }

    public void Write(ref WireWriter writer) => writer.Raw(Commits);

    public static bool TryRead(ref WireReader reader, out TransactionCommitsRequest message)
    {
        message = new TransactionCommitsRequest { Commits = reader.Rest() };
        return reader.Complete && message.Commits.Length % BytesPerCommit == 0;
    }
}
