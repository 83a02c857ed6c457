using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Directories that were removed while an application of this mount holds them, open or as its working directory. Nothing of a removed directory is left but its attributes, and nobody but the
/// holders can reach it: so they are kept here, and the servers keep nothing (docs/decisions/0010-removed-directories.md).
/// </summary>
internal sealed class HeldDirectories(DirectoryCache cache)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InodeId, (int Handles, InodeAttributes Known)> _open = [];
    private readonly Dictionary<InodeId, InodeAttributes> _removed = [];
    private int _removedCount;

    /// <summary>FUSE_OPENDIR: what is known of the directory is kept while it is open, since <see cref="DirectoryCache"/> may displace it.</summary>
    public void Opened(InodeId inode)
    {
        cache.TryRecall(inode, 0, out var known);
        lock (_gate)
        {
            var (handles, before) = _open.GetValueOrDefault(inode);
            _open[inode] = (handles + 1, known.Inode == inode ? known : before);
        }
    }

    /// <summary>FUSE_RELEASEDIR. An earlier worker may have opened it.</summary>
    public void Released(InodeId inode)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(inode, out var entry))
                return;
            if (entry.Handles > 1)
                _open[inode] = entry with { Handles = entry.Handles - 1 };
            else
                _open.Remove(inode);
        }
    }

    /// <summary>A server told the attributes of a directory.</summary>
    public void Told(in InodeAttributes attributes)
    {
        lock (_gate)
        {
            if (_open.Count != 0 && _open.TryGetValue(attributes.Inode, out var entry))
                _open[attributes.Inode] = entry with { Known = attributes };
        }
    }

    /// <summary>
    /// This mount has removed or replaced an inode: from now on the kernel reaches it through its holders alone. To be called before the kernel is answered: it forgets at once what nobody holds.
    /// </summary>
    public void Removed(InodeId inode, long nowNs)
    {
        if (cache.TryRecall(inode, 0, out var known) || TryGetOpen(inode, out known))
            Keep(in known, nowNs);
    }

    /// <summary>
    /// The servers do not know an inode that the kernel asked for by its node id. True with its last attributes when it is a directory that was removed, by whomever, and that the kernel reaches through
    /// a holder. A name that the kernel may still believe has to be looked up again: it may be another directory's by now.
    /// </summary>
    public bool TryGetRemoved(InodeId inode, int entryTimeoutMs, long nowNs, out InodeAttributes attributes)
    {
        lock (_gate)
        {
            if (_removed.TryGetValue(inode, out attributes))
                return true;
        }
        if (TryGetOpen(inode, out attributes))
        {
            if (cache.TryRecall(inode, 0, out var newer))
                attributes = newer;
        }
        else if (!cache.TryRecall(inode, entryTimeoutMs, out attributes))
        {
            return false;
        }
        attributes = Keep(in attributes, nowNs);
        return true;
    }

    /// <summary>An application has changed the mode, owner or times of a directory that was removed.</summary>
    public void Change(ref InodeAttributes attributes, in SetAttrRequest change, long nowNs)
    {
        var mask = change.Mask;
        if ((mask & SetAttrMask.Mode) != 0)
            attributes.Mode = InodeAttributes.TypeDirectory | (change.Mode & ~InodeAttributes.TypeMask);
        if ((mask & SetAttrMask.Uid) != 0)
            attributes.Uid = change.Uid;
        if ((mask & SetAttrMask.Gid) != 0)
            attributes.Gid = change.Gid;
        if ((mask & (SetAttrMask.AccessTime | SetAttrMask.AccessTimeNow)) != 0)
            attributes.AccessTimeNs = (mask & SetAttrMask.AccessTimeNow) != 0 ? nowNs : change.AccessTimeNs;
        if ((mask & (SetAttrMask.ModifyTime | SetAttrMask.ModifyTimeNow)) != 0)
            attributes.ModifyTimeNs = (mask & SetAttrMask.ModifyTimeNow) != 0 ? nowNs : change.ModifyTimeNs;
        attributes.ChangeTimeNs = (mask & SetAttrMask.ChangeTime) != 0 ? change.ChangeTimeNs : nowNs;
        lock (_gate)
        {
            if (_removed.ContainsKey(attributes.Inode))
                _removed[attributes.Inode] = attributes;
        }
    }

    /// <summary>FUSE_FORGET: the kernel has let go of an inode.</summary>
    public void Forget(InodeId inode)
    {
        if (Volatile.Read(ref _removedCount) == 0)
            return;
        lock (_gate)
        {
            _removed.Remove(inode);
            Volatile.Write(ref _removedCount, _removed.Count);
        }
    }

    private bool TryGetOpen(InodeId inode, out InodeAttributes known)
    {
        lock (_gate)
            known = _open.GetValueOrDefault(inode).Known;
        return known.Inode == inode;
    }

    /// <summary>As ext4 shows it: without links, entries and size.</summary>
    private InodeAttributes Keep(in InodeAttributes known, long nowNs)
    {
        var removed = known with { LinkCount = 0, SizeBytes = 0, AllocatedBytes = 0, ChangeTimeNs = nowNs };
        lock (_gate)
        {
            if (_removed.Count < Limits.RemovedDirectories)
                _removed[removed.Inode] = removed;
            Volatile.Write(ref _removedCount, _removed.Count);
        }
        return removed;
    }
}
