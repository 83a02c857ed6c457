using System.Buffers.Binary;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Sessions;

/// <summary>What goes with a session, or with an old generation of one: open references, orphans, remembered answers.</summary>
internal sealed class SessionCleanup(NodeContext node)
{
    /// <summary>Answers deleted in one commit: the gate is not held for long.</summary>
    private const int AnswersPerCommit = 256;

    /// <summary>The session is over, in every shard of this node.</summary>
    public void End(SessionId session)
    {
        node.Sessions.End(session);
        foreach (var shard in node.Shards.All())
            EndIn(shard, session);
    }

    /// <summary>The answers given to earlier generations of a session.</summary>
    public void DeleteOldAnswers(SessionId session, ushort generation)
    {
        if (generation == 0)
            return;
        foreach (var shard in node.Shards.All())
        {
            try
            {
                DeleteAnswers(shard, session, 0, (ushort)(generation - 1));
            }
            catch (ShardRetiredException)
            {
                // Its new owner does the same in its own time.
            }
        }
    }

    /// <summary>Every session that something is kept for: answers, and open references.</summary>
    public HashSet<SessionId> Known()
    {
        var known = new HashSet<SessionId>();
        foreach (var shard in node.Shards.All())
        {
            CollectAnswers(shard, known);
            using (shard.Enter())
                shard.Opens.CollectSessions(known);
        }

        return known;
    }

    /// <summary>In one shard: what another owner left of sessions that have ended since.</summary>
    public void EndIn(Shard shard)
    {
        var known = new HashSet<SessionId>();
        CollectAnswers(shard, known);
        using (shard.Enter())
            shard.Opens.CollectSessions(known);
        foreach (var session in known.Where(node.Sessions.HasEnded))
            EndIn(shard, session);
    }

    /// <summary>A shard that retires meanwhile is left to its new owner, who hears of the session's end too.</summary>
    private static void EndIn(Shard shard, SessionId session)
    {
        try
        {
            ReleaseOpen(shard, session);
            DeleteAnswers(shard, session, 0, ushort.MaxValue);
        }
        catch (ShardRetiredException)
        {
            // As said.
        }
    }

    private static void ReleaseOpen(Shard shard, SessionId session)
    {
        using (shard.Enter())
        {
            shard.RequireServing();
            if (shard.Opens.Count == 0)
                return;
            var references = new List<OpenReference>();
            shard.Opens.List(session, references);
            foreach (var reference in references)
            {
                shard.Opens.Remove(reference.Inode, session, ulong.MaxValue);
                Orphans.Closed(shard, reference.Inode);
            }
        }
    }

    private static void DeleteAnswers(Shard shard, SessionId session, ushort first, ushort last)
    {
        while (DeleteSomeAnswers(shard, session, first, last))
        {
        }
    }

    /// <summary>True when there may be more.</summary>
    private static bool DeleteSomeAnswers(Shard shard, SessionId session, ushort first, ushort last)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        using (shard.Enter())
        {
            var mutation = shard.Begin(default);
            var start = MetadataKey.Answer(from, shard.Id, session, first, 0);
            var stop = MetadataKey.AnswersEnd(end, shard.Id, session, last);
            var count = 0;
            using (var rows = mutation.Engine.Scan(Table.Metadata, start, stop))
            {
                while (count < AnswersPerCommit && rows.MoveNext())
                {
                    mutation.Delete(Table.Metadata, rows.Key);
                    count++;
                }
            }

            mutation.Commit();
            return count == AnswersPerCommit;
        }
    }

    /// <summary>Steps from session to session instead of reading every answer.</summary>
    private static void CollectAnswers(Shard shard, HashSet<SessionId> known)
    {
        Span<byte> from = stackalloc byte[MetadataKey.MaxLength];
        Span<byte> end = stackalloc byte[MetadataKey.MaxLength];
        var stop = MetadataKey.Kind(end, shard.Id, default, (byte)'B');
        var start = MetadataKey.Kind(from, shard.Id, default, (byte)'A');
        while (true)
        {
            using var rows = shard.Node.Engine.Scan(Table.Metadata, start, stop);
            if (!rows.MoveNext())
                return;
            var session = BinaryPrimitives.ReadUInt64BigEndian(rows.Key[(MetadataKey.PrefixLength + 1)..]);
            known.Add(new SessionId(session));
            if (session == ulong.MaxValue)
                return;
            start = MetadataKey.Numbered(from, shard.Id, default, (byte)'A', session + 1);
        }
    }
}
