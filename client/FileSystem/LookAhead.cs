using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Programs that read all names of a directory and look at each of them afterwards (ls -l, cp -r, tar, rsync, git) and those that want the names alone (ls, find) begin alike.
/// So a large directory is listed by names. Who then looks entries up is recognised by the second of them: from there on the rest comes by listings with attributes instead
/// of one request for each, and that thread's next listings bring attributes at once.
/// </summary>
internal sealed class LookAhead(int maxAgeMs, TimeProvider? time = null)
{
    private const int Lookups = 2;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Watched[] _watched = [.. Enumerable.Range(0, Limits.WatchedListers).Select(_ => new Watched())];
    private readonly Dictionary<InodeId, AheadEntries> _directories = [];
    private readonly Lock _gate = new();
    private volatile bool _isEmpty = true;

    public RecentChanges Changes { get; } = new();

    /// <summary>A thread was given names without attributes.</summary>
    public void Listed(uint thread, InodeId directory, int names)
    {
        var watched = OfThread(thread);
        lock (watched)
        {
            if (watched.Thread != thread)
                watched.LooksAtEntries = false;
            if (watched.Thread != thread || watched.Directory != directory || watched.ListedMs + Limits.WatchedMs < _time.Milliseconds())
                watched.Names = watched.Looked = 0;
            watched.Thread = thread;
            watched.Directory = directory;
            watched.ListedMs = _time.Milliseconds();
            watched.Names += names;
        }
    }

    /// <summary>The thread has looked at what it had listed by names.</summary>
    public bool LooksAtEntries(uint thread)
    {
        var watched = OfThread(thread);
        return watched.Thread == thread && watched.LooksAtEntries;
    }

    /// <summary>What is known of an entry, and how old it is. Ages are bounded by what the kernel itself would believe.</summary>
    public bool TryTake(InodeId directory, ReadOnlySpan<byte> name, out InodeAttributes attributes, out int ageMs)
    {
        attributes = default;
        ageMs = 0;
        return Find(directory) is { } entries && entries.TryTake(name, PositionOf(name), Changes, maxAgeMs, out attributes, out ageMs);
    }

    /// <summary>
    /// A thread looks an entry up that was not known. When that calls for looking ahead, what is to be filled from <see cref="AheadEntries.Position"/> on; else null.
    /// </summary>
    public AheadEntries? Looked(uint thread, InodeId directory, ReadOnlySpan<byte> name)
    {
        var watched = OfThread(thread);
        if (watched.Thread != thread || watched.Directory != directory)
            return null;
        int names;
        lock (watched)
        {
            if (watched.Thread != thread || watched.Directory != directory || watched.ListedMs + Limits.WatchedMs < _time.Milliseconds() || ++watched.Looked < Lookups)
                return null;
            watched.LooksAtEntries = true;
            watched.ListedMs = _time.Milliseconds();
            names = watched.Names;
        }
        return names < Limits.WorthLookingAhead || maxAgeMs == 0 ? null : Begin(directory, names <= Limits.AheadEntries ? 0 : PositionOf(name) - 1);
    }

    /// <summary>No more is on its way.</summary>
    public void Ended(AheadEntries entries)
    {
        lock (_gate)
            entries.IsFetching = false;
    }

    /// <summary>Lets go of what nobody may be given any more.</summary>
    public void Trim()
    {
        if (_isEmpty)
            return;
        lock (_gate)
        {
            foreach (var (directory, entries) in _directories)
            {
                if (!entries.IsFetching && entries.AddedMs + maxAgeMs < _time.Milliseconds())
                    _directories.Remove(directory);
            }
            _isEmpty = _directories.Count == 0;
        }
    }

    private static ulong PositionOf(ReadOnlySpan<byte> name) => DirectoryPosition.FromHash(PlacementHash.Name(name));

    private AheadEntries? Find(InodeId directory)
    {
        if (_isEmpty)
            return null;
        lock (_gate)
            return _directories.GetValueOrDefault(directory);
    }

    /// <summary>
    /// Of entries that are there and still young the lookup is one that they do not have: new names, or a program that goes its own way. More is fetched when most of them
    /// were wanted.
    /// </summary>
    private AheadEntries? Begin(InodeId directory, ulong position)
    {
        lock (_gate)
        {
            if (_directories.TryGetValue(directory, out var former))
            {
                var isYoung = former.AddedMs + maxAgeMs > _time.Milliseconds();
                if (former.IsFetching || (isYoung && former.Taken * 2 < former.Added) || (isYoung && former.Position == ulong.MaxValue))
                    return null;
            }
            else if (_directories.Count >= Limits.AheadDirectories)
            {
                _directories.Remove(_directories.MinBy(entry => entry.Value.AddedMs).Key);
            }
            var entries = new AheadEntries(directory, _time) { Position = position };
            _directories[directory] = entries;
            _isEmpty = false;
            return entries;
        }
    }

    private Watched OfThread(uint thread) => _watched[thread % (uint)_watched.Length];

    private sealed class Watched
    {
        public uint Thread;
        public InodeId Directory;
        public long ListedMs;
        public int Names;
        public int Looked;
        public bool LooksAtEntries;
    }
}
