using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Answers;

/// <summary>
/// The answer that was given to a mutation, kept until its slot is used again. Little-endian:
/// <code>0 u8 format version (1)   1 u64 sequence   9 i32 status   13 body of the reply</code>
/// </summary>
internal static class AnswerRow
{
    public const byte FormatVersion = 1;
    public const int HeaderBytes = 13;

    public static void Stage(EffectBatch batch, ShardId shard, NodeRequest request, Errno status, ReadOnlySpan<byte> body)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[HeaderBytes + body.Length];
        value[0] = FormatVersion;
        BinaryPrimitives.WriteUInt64LittleEndian(value[1..], request.Sequence.Value);
        BinaryPrimitives.WriteInt32LittleEndian(value[9..], (int)status);
        body.CopyTo(value[HeaderBytes..]);
        ref readonly var header = ref request.Header;
        var answerKey = MetadataKey.Answer(key, shard, header.Session, header.Generation, header.Slot);
        batch.Put(Table.Metadata, answerKey, value);
    }

    /// <summary>
    /// The answer to a mutation, whatever its slot: a request that comes again after its client was replaced has another generation. Re-sent requests are
    /// rare and a session has few slots, so the rows are searched instead of indexed.
    /// </summary>
    public static bool TryFind(IMetadataEngine engine, ShardId shard, SessionId session, Sequence sequence, Span<byte> body, out Errno status, out int length)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = engine.Scan(
            Table.Metadata, MetadataKey.Answer(from, shard, session, 0, 0), MetadataKey.AnswersEnd(end, shard, session, ushort.MaxValue));
        while (rows.MoveNext())
        {
            var row = rows.Value;
            if (row.Length < HeaderBytes || row[0] != FormatVersion)
                throw CorruptRowException.Version("answer", row);
            if (BinaryPrimitives.ReadUInt64LittleEndian(row[1..]) != sequence.Value)
                continue;
            status = (Errno)BinaryPrimitives.ReadInt32LittleEndian(row[9..]);
            length = row.Length - HeaderBytes;
            if (row[HeaderBytes..].TryCopyTo(body))
                return true;

            // The sequence was a compound's, and what comes now is none: it is not the same request.
            status = Errno.Malformed;
            length = 0;
            return true;
        }

        status = default;
        length = 0;
        return false;
    }
}
