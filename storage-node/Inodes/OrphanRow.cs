using System.Buffers.Binary;
using SealFs.Core;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// An inode without a name that sessions had open when the last name went. A node that starts takes these sessions for its open references until they close,
/// expire, or assert what they really have open. Little-endian:
/// <code>0 u8 format version (1)   1 u64 session, for each</code>
/// </summary>
internal static class OrphanRow
{
    public const byte FormatVersion = 1;

    /// <summary>Records the sessions that have the inode open now.</summary>
    public static void Stage(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Put(Table.Metadata, MetadataKey.Orphan(key, mutation.Shard.Id, mutation.Volume, inode), Encode(mutation.Shard.Opens.Sessions(inode)));
        mutation.SetOrphan(inode, true);
    }

    /// <summary>False when the row names the sessions that have the inode open now already.</summary>
    public static bool StageIfChanged(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        using (var row = mutation.Engine.GetPinned(Table.Metadata, MetadataKey.Orphan(key, mutation.Shard.Id, mutation.Volume, inode)))
        {
            if (row.Value.SequenceEqual(Encode(mutation.Shard.Opens.Sessions(inode))))
                return false;
        }

        Stage(mutation, inode);
        return true;
    }

    public static void Remove(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Delete(Table.Metadata, MetadataKey.Orphan(key, mutation.Shard.Id, mutation.Volume, inode));
        mutation.SetOrphan(inode, false);
    }

    private static byte[] Encode(IEnumerable<SessionId> holders)
    {
        SessionId[] sessions = [.. holders.OrderBy(static session => session.Value)];
        var value = new byte[1 + (sessions.Length * sizeof(ulong))];
        value[0] = FormatVersion;
        for (var index = 0; index < sessions.Length; index++)
            BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(1 + (index * sizeof(ulong))), sessions[index].Value);
        return value;
    }

    /// <summary>Takes the orphans of one volume in a shard that is being opened.</summary>
    public static void Load(Shard shard, VolumeId volume)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using var rows = shard.Node.Engine.Scan(
            Table.Metadata, MetadataKey.Kind(from, shard.Id, volume, (byte)'O'), MetadataKey.Kind(end, shard.Id, volume, (byte)'P'));
        while (rows.MoveNext())
        {
            var inode = MetadataKey.InodeOf(rows.Key);
            var row = rows.Value;
            if (row.IsEmpty || row[0] != FormatVersion)
                throw CorruptRowException.Version("orphan", row);
            shard.Orphans[inode] = volume;
            for (row = row[1..]; row.Length >= sizeof(ulong); row = row[sizeof(ulong)..])
                shard.Opens.TryAdd(inode, new SessionId(BinaryPrimitives.ReadUInt64LittleEndian(row)), 0);
        }
    }
}
