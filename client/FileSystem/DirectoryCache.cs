using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Attributes of directories, as replies brought them. After each mutation in a directory the kernel drops its attributes and, with default_permissions,
/// asks for them again before the next operation: this answers it. A fixed table in which a newer directory displaces an older one.
/// </summary>
internal sealed class DirectoryCache(int timeoutMs, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    private const int IndexShift = 64 - 13;

    /// <summary>What a directory's size grows by with an entry, and the least it is: as the servers count it.</summary>
    private const long EntryBytes = 32;
    private const long SmallestBytes = 4096;

    private readonly Entry[] _entries = [.. Enumerable.Range(0, Limits.CachedDirectories).Select(_ => new Entry())];

    /// <summary>Takes what a server said. Of two answers that overtook each other the newer one stays.</summary>
    public void Put(in InodeAttributes attributes)
    {
        if (!attributes.IsDirectory)
            return;
        var entry = EntryOf(attributes.Inode);
        lock (entry)
        {
            var isOlder = entry.Attributes.Inode == attributes.Inode && entry.Attributes.Version > attributes.Version;
            if (isOlder && entry.PutMs + timeoutMs > _time.Milliseconds())
                return;
            entry.Attributes = attributes;
            entry.PutMs = _time.Milliseconds();
        }
    }

    public void Remove(InodeId inode)
    {
        var entry = EntryOf(inode);
        lock (entry)
        {
            if (entry.Attributes.Inode == inode)
                entry.Attributes = default;
        }
    }

    /// <summary>
    /// An entry of this client's came or went, and the answer did not bring the directory's attributes: those of a split directory would have to be put together
    /// from all its partitions at every change. What is known is counted on, and believed no longer than before. The times only move on; a nanosecond,
    /// because no server said how far, and they must never be ahead of the truth that follows.
    /// </summary>
    public void CountOn(InodeId inode, int entries, int subdirectories)
    {
        var entry = EntryOf(inode);
        lock (entry)
        {
            ref var known = ref entry.Attributes;
            if (known.Inode != inode)
                return;
            known.SizeBytes = (ulong)Math.Max(SmallestBytes, (long)known.SizeBytes + entries * EntryBytes);
            known.LinkCount = (uint)Math.Max(2, known.LinkCount + subdirectories);
            known.ModifyTimeNs++;
            known.ChangeTimeNs++;
            known.Version++;
        }
    }

    /// <summary>Attributes young enough to be shown.</summary>
    public bool TryGet(InodeId inode, out InodeAttributes attributes) => TryGet(inode, timeoutMs, out attributes);

    public bool TryGet(InodeId inode, int ageMs, out InodeAttributes attributes)
    {
        var entry = EntryOf(inode);
        lock (entry)
        {
            attributes = entry.Attributes;
            return attributes.Inode == inode && entry.PutMs + ageMs > _time.Milliseconds();
        }
    }

    /// <summary>Attributes however old they are, if they are at least as old as given: of a directory that is not there any more.</summary>
    public bool TryRecall(InodeId inode, int leastAgeMs, out InodeAttributes attributes)
    {
        var entry = EntryOf(inode);
        lock (entry)
        {
            attributes = entry.Attributes;
            if (attributes.Inode == inode && entry.PutMs + leastAgeMs <= _time.Milliseconds())
                return true;
        }
        attributes = default;
        return false;
    }

    private Entry EntryOf(InodeId inode) => _entries[(inode.Value * 0x9E3779B97F4A7C15) >> IndexShift];

    private sealed class Entry
    {
        public InodeAttributes Attributes;
        public long PutMs;
    }
}
