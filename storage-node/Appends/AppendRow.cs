using SealFs.Core;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Appends;

/// <summary>
/// Where a session has appended to an inode last, so that the request has the same answer when it comes again. A row is in the batch that gives the room, and is lost with it where a loss of power takes both.
/// Little-endian:
/// <code>
///   0 u8  format version (1)
///   1 u64 run                the number that the session gave it
///   9 u64 offset bytes
///  17 u64 end bytes
///  25 u64 session number     of the session, see SessionTable
/// </code>
/// </summary>
internal record struct AppendRow(ulong Run, ulong OffsetBytes, ulong EndBytes, ulong SessionNumber)
{
    public const byte FormatVersion = 1;
    public const int Bytes = 33;

    public static bool TryGet(Mutation mutation, InodeId inode, SessionId session, out AppendRow row)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[Bytes];
        var length = mutation.Get(Table.Metadata, MetadataKey.Append(key, mutation.Shard.Id, mutation.Volume, inode, session), value);
        row = length < 0 ? default : Decode(value[..length]);
        return length >= 0;
    }

    public readonly void Put(Mutation mutation, InodeId inode, SessionId session)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> value = stackalloc byte[Bytes];
        var writer = new WireWriter(value);
        writer.U8(FormatVersion);
        writer.U64(Run);
        writer.U64(OffsetBytes);
        writer.U64(EndBytes);
        writer.U64(SessionNumber);
        mutation.Put(Table.Metadata, MetadataKey.Append(key, mutation.Shard.Id, mutation.Volume, inode, session), value);
    }

    /// <summary>The rows of an inode that are stored (not what the mutation has staged).</summary>
    public static List<(SessionId Session, AppendRow Row)> List(Mutation mutation, InodeId inode)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var found = new List<(SessionId, AppendRow)>();
        using var rows = mutation.Engine.Scan(
            Table.Metadata,
            MetadataKey.Append(from, mutation.Shard.Id, mutation.Volume, inode, default),
            MetadataKey.Append(end, mutation.Shard.Id, mutation.Volume, new InodeId(inode.Value + 1), default));
        while (rows.MoveNext())
            found.Add((MetadataKey.AppendSessionOf(rows.Key), Decode(rows.Value)));
        return found;
    }

    public static void Delete(Mutation mutation, InodeId inode, SessionId session)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Delete(Table.Metadata, MetadataKey.Append(key, mutation.Shard.Id, mutation.Volume, inode, session));
    }

    /// <summary>Stages the end of all rows of an inode.</summary>
    public static void DeleteAll(Mutation mutation, InodeId inode)
    {
        foreach (var (session, _) in List(mutation, inode))
            Delete(mutation, inode, session);
    }

    private static AppendRow Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("append", source);
        var row = new AppendRow(reader.U64(), reader.U64(), reader.U64(), reader.U64());
        return reader.Complete ? row : throw CorruptRowException.Length("append", source);
    }
}
