using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions.Steps;

namespace SealFs.StorageNode.Transactions;

/// <summary>
/// The rows of transactions, in table Metadata under volume 0 of their shard:
/// <code>
/// … | 'T' | 'P' | transaction u64 | round u16   prepare record: u8 format version (1), u32 volume, u16 locks, 18 bytes each (HeldLock), steps (StepCodec)
/// … | 'T' | 'D' | transaction u64               decision to commit: u8 format version (3), u32 volume, and for each participant that may not have it on stable storage
///                                               u32 shard, u32 length, steps that it may have lost (StepCodec); or
///                                               u8 2, u32 volume, u32 shard, u16 locks, 18 bytes each (HeldLock), the step that is still to be done in that shard (StepCodec)
/// … | 'T' | 'E' | transaction u64               a participant has applied a commit: u8 format version (2), u8 (0 or 1) without having prepared it
/// </code>
/// Keys are big-endian, values little-endian. An abort leaves no row: a coordinator that has no decision has aborted.
/// </summary>
internal static class TransactionRows
{
    public const byte FormatVersion = 1;
    private const byte FollowUpVersion = 2;
    private const byte DecisionVersion = 3;
    private const byte AppliedVersion = 2;

    private const int KeyBytes = MetadataKey.PrefixLength + 12;

    public static void PutPrepare(Mutation mutation, TransactionPart part, int round, IReadOnlyList<HeldLock> locks)
    {
        var steps = part.StepsOf(round);
        var bytes = new byte[7 + (locks.Count * HeldLock.WireSize) + StepCodec.SizeOf(steps)];
        var writer = new WireWriter(bytes);
        writer.U8(FormatVersion);
        writer.U32(part.Volume.Value);
        writer.U16(checked((ushort)locks.Count));
        for (var index = 0; index < locks.Count; index++)
            locks[index].Write(ref writer);
        StepCodec.Write(steps, ref writer);
        Span<byte> key = stackalloc byte[KeyBytes];
        mutation.Put(Table.Metadata, PrepareKey(key, mutation.Shard.Id, part.Id, round), bytes);
    }

    public static void DeletePrepare(Mutation mutation, TransactionPart part)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        for (var round = 0; round < part.Rounds; round++)
            mutation.Delete(Table.Metadata, PrepareKey(key, mutation.Shard.Id, part.Id, round));
    }

    public static void PutDecision(Mutation mutation, Decision decision)
    {
        if (decision.FollowUp is { } followUp)
        {
            PutFollowUp(mutation, followUp);
            return;
        }

        var size = 5;
        foreach (var part in decision.Parts)
            size += 8 + StepCodec.SizeOf(part.Steps);
        var bytes = new byte[size];
        var writer = new WireWriter(bytes);
        writer.U8(DecisionVersion);
        writer.U32(decision.Volume.Value);
        foreach (var part in decision.Parts)
        {
            writer.U32(part.Shard.Value);
            writer.U32((uint)StepCodec.SizeOf(part.Steps));
            StepCodec.Write(part.Steps, ref writer);
        }

        Span<byte> key = stackalloc byte[KeyBytes];
        mutation.Put(Table.Metadata, DecisionKey(key, mutation.Shard.Id, decision.Id), bytes);
    }

    private static void PutFollowUp(Mutation mutation, FollowUp followUp)
    {
        TransactionStep[] steps = [followUp.Step];
        var bytes = new byte[11 + (followUp.Locks.Count * HeldLock.WireSize) + StepCodec.SizeOf(steps)];
        var writer = new WireWriter(bytes);
        writer.U8(FollowUpVersion);
        writer.U32(followUp.Volume.Value);
        writer.U32(followUp.Shard.Value);
        writer.U16(checked((ushort)followUp.Locks.Count));
        foreach (var held in followUp.Locks)
            held.Write(ref writer);
        StepCodec.Write(steps, ref writer);
        Span<byte> key = stackalloc byte[KeyBytes];
        mutation.Put(Table.Metadata, DecisionKey(key, mutation.Shard.Id, followUp.Transaction), bytes);
    }

    public static void DeleteDecision(Mutation mutation, TransactionId transaction)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        mutation.Delete(Table.Metadata, DecisionKey(key, mutation.Shard.Id, transaction));
    }

    public static void PutApplied(Mutation mutation, TransactionId transaction, bool wasUnprepared)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        mutation.Put(Table.Metadata, AppliedKey(key, mutation.Shard.Id, transaction), [AppliedVersion, wasUnprepared ? (byte)1 : (byte)0]);
    }

    public static void DeleteApplied(Mutation mutation, TransactionId transaction)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        mutation.Delete(Table.Metadata, AppliedKey(key, mutation.Shard.Id, transaction));
    }

    /// <summary>The transactions of other shards that were applied here, and that their coordinators may still tell.</summary>
    public static List<(TransactionId Transaction, bool WasUnprepared)> LoadApplied(IMetadataEngine engine, ShardId shard)
    {
        var applied = new List<(TransactionId, bool)>();
        Span<byte> from = stackalloc byte[KeyBytes];
        Span<byte> end = stackalloc byte[KeyBytes];
        using var rows = engine.Scan(Table.Metadata, Prefix(from, shard, (byte)'E'), Prefix(end, shard, (byte)'E' + 1));
        while (rows.MoveNext())
        {
            if (rows.Value is not [AppliedVersion, var wasUnprepared])
                throw CorruptRowException.Version("applied transaction", rows.Value);
            applied.Add((IdOf(rows.Key), wasUnprepared != 0));
        }

        return applied;
    }

    /// <summary>The transactions that were prepared in a shard and not decided, as the rows say.</summary>
    public static List<TransactionPart> LoadPrepared(IMetadataEngine engine, ShardId shard)
    {
        var parts = new List<TransactionPart>();
        Span<byte> from = stackalloc byte[KeyBytes];
        Span<byte> end = stackalloc byte[KeyBytes];
        using var rows = engine.Scan(Table.Metadata, Prefix(from, shard, (byte)'P'), Prefix(end, shard, (byte)'P' + 1));
        while (rows.MoveNext())
        {
            var id = IdOf(rows.Key);
            if (parts.Count == 0 || parts[^1].Id != id)
                parts.Add(new TransactionPart(id, VolumeOf(rows.Value)));
            AddRound(parts[^1], rows.Value);
        }

        return parts;
    }

    /// <summary>The decisions of a shard that not all participants have on stable storage.</summary>
    public static List<Decision> LoadDecisions(IMetadataEngine engine, ShardId shard)
    {
        var decisions = new List<Decision>();
        Span<byte> from = stackalloc byte[KeyBytes];
        Span<byte> end = stackalloc byte[KeyBytes];
        using var rows = engine.Scan(Table.Metadata, Prefix(from, shard, (byte)'D'), Prefix(end, shard, (byte)'D' + 1));
        while (rows.MoveNext())
            decisions.Add(DecisionOf(IdOf(rows.Key), rows.Value));
        return decisions;
    }

    private static Decision DecisionOf(TransactionId transaction, ReadOnlySpan<byte> row)
    {
        var reader = new WireReader(row);
        var version = reader.U8();
        if (version == FollowUpVersion)
        {
            var followUp = FollowUpOf(transaction, row);
            return new Decision(transaction, followUp.Volume, [new DecisionPart(followUp.Shard, [followUp.Step])], followUp);
        }

        if (version != DecisionVersion)
            throw CorruptRowException.Version("decision", row);
        var volume = new VolumeId(reader.U32());
        var parts = new List<DecisionPart>();
        while (reader.Remaining > 0)
        {
            var shard = new ShardId(reader.U32());
            var length = reader.U32();
            var steps = new List<TransactionStep>();
            if (reader.Failed || length > (uint)reader.Remaining || !StepCodec.TryRead(reader.Raw((int)length), steps))
                throw CorruptRowException.Length("decision", row);
            parts.Add(new DecisionPart(shard, steps));
        }

        return new Decision(transaction, volume, parts);
    }

    private static FollowUp FollowUpOf(TransactionId transaction, ReadOnlySpan<byte> row)
    {
        var reader = new WireReader(row[1..]);
        var volume = new VolumeId(reader.U32());
        var shard = new ShardId(reader.U32());
        var held = new List<HeldLock>();
        for (var left = reader.U16(); left > 0; left--)
            held.Add(HeldLock.Read(ref reader));
        var steps = new List<TransactionStep>();
        if (reader.Failed || !StepCodec.TryRead(reader.Rest(), steps) || steps is not [DropLinkStep step])
            throw CorruptRowException.Length("decision", row);
        return new FollowUp(transaction, volume, shard, step, held);
    }

    private static VolumeId VolumeOf(ReadOnlySpan<byte> row)
    {
        var reader = new WireReader(row);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("prepare", row);
        return new VolumeId(reader.U32());
    }

    private static void AddRound(TransactionPart part, ReadOnlySpan<byte> row)
    {
        var reader = new WireReader(row);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("prepare", row);
        _ = reader.U32();
        var locks = reader.U16();
        for (var index = 0; index < locks; index++)
            part.Locks.Add(HeldLock.Read(ref reader));
        part.RoundStarts.Add(part.Steps.Count);
        if (reader.Failed || !StepCodec.TryRead(reader.Rest(), part.Steps))
            throw CorruptRowException.Length("prepare", row);
    }

    private static ReadOnlySpan<byte> PrepareKey(Span<byte> buffer, ShardId shard, TransactionId transaction, int round)
    {
        DecisionKey(buffer, shard, transaction);
        buffer[MetadataKey.PrefixLength + 1] = (byte)'P';
        BinaryPrimitives.WriteUInt16BigEndian(buffer[(MetadataKey.PrefixLength + 10)..], checked((ushort)round));
        return buffer[..(MetadataKey.PrefixLength + 12)];
    }

    private static ReadOnlySpan<byte> DecisionKey(Span<byte> buffer, ShardId shard, TransactionId transaction)
    {
        Prefix(buffer, shard, (byte)'D');
        BinaryPrimitives.WriteUInt64BigEndian(buffer[(MetadataKey.PrefixLength + 2)..], transaction.Value);
        return buffer[..(MetadataKey.PrefixLength + 10)];
    }

    private static ReadOnlySpan<byte> AppliedKey(Span<byte> buffer, ShardId shard, TransactionId transaction)
    {
        DecisionKey(buffer, shard, transaction);
        buffer[MetadataKey.PrefixLength + 1] = (byte)'E';
        return buffer[..(MetadataKey.PrefixLength + 10)];
    }

    private static ReadOnlySpan<byte> Prefix(Span<byte> buffer, ShardId shard, byte kind)
    {
        MetadataKey.Kind(buffer, shard, default, (byte)'T');
        buffer[MetadataKey.PrefixLength + 1] = kind;
        return buffer[..(MetadataKey.PrefixLength + 2)];
    }

    private static TransactionId IdOf(ReadOnlySpan<byte> key) => new(BinaryPrimitives.ReadUInt64BigEndian(key[(MetadataKey.PrefixLength + 2)..]));
}
