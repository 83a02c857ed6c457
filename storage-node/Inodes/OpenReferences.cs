using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.StorageNode.Inodes;

/// <summary>
/// Which sessions have which inodes of a shard open, and since which of their opens. Kept in memory: after a restart the clients assert theirs again.
/// Used with the shard's gate held. Most inodes are open in one session, so that one is kept without a list.
/// </summary>
public sealed class OpenReferences
{
    /// <summary>Stands for sessions that may have an inode open and have not said so yet. No session has this number.</summary>
    internal static readonly SessionId Unheard;

    private readonly Dictionary<InodeId, Holders> _inodes = [];

    public int Count => _inodes.Count;

    /// <summary>Registers an open; false when too many are.</summary>
    public bool TryAdd(InodeId inode, SessionId session, ulong stamp)
    {
        if (!_inodes.TryGetValue(inode, out var holders))
        {
            if (_inodes.Count >= Shards.NodeLimits.OpenReferencesPerShard)
                return false;
            _inodes.Add(inode, new Holders(session, stamp, null));
            return true;
        }

        if (holders.Session == session)
        {
            _inodes[inode] = holders with { Stamp = Math.Max(holders.Stamp, stamp) };
            return true;
        }

        var others = holders.Others ?? [];
        others[session] = Math.Max(others.GetValueOrDefault(session), stamp);
        if (holders.Others is null)
            _inodes[inode] = holders with { Others = others };
        return true;
    }

    /// <summary>A session closes an inode; a newer open than the stamp says keeps it. True when it was open and is not any more in any session.</summary>
    public bool Remove(InodeId inode, SessionId session, ulong stamp)
    {
        if (!_inodes.TryGetValue(inode, out var holders))
            return false;
        if (holders.Session != session)
        {
            if (holders.Others is not null && holders.Others.TryGetValue(session, out var other) && other <= stamp)
                holders.Others.Remove(session);
            return false;
        }

        if (holders.Stamp > stamp)
            return false;
        if (holders.Others is not { Count: > 0 })
            return _inodes.Remove(inode);
        var (next, nextStamp) = holders.Others.First();
        holders.Others.Remove(next);
        _inodes[inode] = new Holders(next, nextStamp, holders.Others);
        return false;
    }

    public bool IsOpen(InodeId inode) => _inodes.Count != 0 && _inodes.ContainsKey(inode);

    /// <summary>Since which of its opens a session has an inode open; null when it has not.</summary>
    public ulong? StampOf(InodeId inode, SessionId session)
    {
        if (!_inodes.TryGetValue(inode, out var holders))
            return null;
        if (holders.Session == session)
            return holders.Stamp;
        return holders.Others is not null && holders.Others.TryGetValue(session, out var stamp) ? stamp : null;
    }

    /// <summary>Takes opens back that did not happen: the session has the inode open since the stamp, or not at all.</summary>
    public void PutBack(InodeId inode, SessionId session, ulong? stamp)
    {
        Remove(inode, session, ulong.MaxValue);
        if (stamp is { } former)
            TryAdd(inode, session, former);
    }

    /// <summary>The sessions that have an inode open.</summary>
    public IEnumerable<SessionId> Sessions(InodeId inode) =>
        _inodes.TryGetValue(inode, out var holders) ? [holders.Session, .. holders.Others?.Keys ?? Enumerable.Empty<SessionId>()] : [];

    /// <summary>Everything that a session has open here.</summary>
    public void List(SessionId session, List<OpenReference> target)
    {
        foreach (var (inode, holders) in _inodes)
        {
            if (holders.Session == session)
                target.Add(new OpenReference(inode, holders.Stamp));
            else if (holders.Others is not null && holders.Others.TryGetValue(session, out var stamp))
                target.Add(new OpenReference(inode, stamp));
        }
    }

    /// <summary>Everything.</summary>
    internal void ListAll(List<HandedReference> target)
    {
        foreach (var (inode, holders) in _inodes)
        {
            target.Add(new HandedReference(inode, holders.Session, holders.Stamp));
            foreach (var (session, stamp) in holders.Others ?? [])
                target.Add(new HandedReference(inode, session, stamp));
        }
    }

    /// <summary>Every session that has something open here.</summary>
    internal void CollectSessions(HashSet<SessionId> target)
    {
        foreach (var holders in _inodes.Values)
        {
            target.Add(holders.Session);
            target.UnionWith(holders.Others?.Keys ?? Enumerable.Empty<SessionId>());
        }
    }

    private readonly record struct Holders(SessionId Session, ulong Stamp, Dictionary<SessionId, ulong>? Others);
}
