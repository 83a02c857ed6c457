using System.Collections.Concurrent;
using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>
/// Every file that is open, dirty or in use, by inode. Who gets a <see cref="FileState"/> holds a pin on it and gives it back with <see cref="Release"/>;
/// with the last pin the file is forgotten, and the servers are told that it was closed.
/// </summary>
internal sealed class FileTable(SharedArena arena)
{
    private const int StripeCount = 64;

    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Stripe())];
    private readonly ConcurrentQueue<FileState> _free = new();

    /// <summary>The session no longer has this file open. Called without any lock held.</summary>
    public Action<InodeId, ulong>? Closed { get; set; }

    /// <summary>The kernel has nothing of this file open any more. Called with the file's gate held.</summary>
    public Action<FileState>? LastReleased { get; set; }

    /// <summary>The last version that was known of a file that is being forgotten.</summary>
    public VersionCache Versions { get; } = new();

    /// <summary>The state of a file that is open, dirty or in use; null when it is none of these.</summary>
    public FileState? Find(InodeId inode)
    {
        var stripe = StripeOf(inode);
        lock (stripe.Gate)
        {
            if (!stripe.Files.TryGetValue(inode, out var file))
                return null;
            file.Pins++;
            return file;
        }
    }

    public FileState Acquire(InodeId inode)
    {
        var stripe = StripeOf(inode);
        lock (stripe.Gate)
        {
            if (!stripe.Files.TryGetValue(inode, out var file))
            {
                file = _free.TryDequeue(out var pooled) ? pooled : new FileState();
                file.Begin(inode);
                file.Version = Versions.Find(inode);
                stripe.Files.Add(inode, file);
            }
            file.Pins++;
            return file;
        }
    }

    /// <summary>One more holder of a file that the caller holds already.</summary>
    public void Pin(FileState file)
    {
        var stripe = StripeOf(file.Inode);
        lock (stripe.Gate)
            file.Pins++;
    }

    public void Release(FileState file)
    {
        var inode = file.Inode;
        var stripe = StripeOf(inode);
        lock (stripe.Gate)
        {
            if (--file.Pins > 0)
                return;
            stripe.Files.Remove(inode);

            // Before another thread can give the inode a record of its own: a successor must not find two.
            if (file.Record >= 0)
                arena.FreeRecord(file.Record);
        }
        var stamp = file.Stamp;
        Versions.Remember(inode, file.Version);
        lock (file.Gate)
            file.DropContent();
        _free.Enqueue(file);
        if (stamp != 0)
            Closed?.Invoke(inode, stamp);
    }

    /// <summary>Gives the file its record in the arena; false when there are too many. Under the file's gate.</summary>
    public bool TryRecord(FileState file)
    {
        if (file.Record >= 0)
            return true;
        var index = arena.TakeRecord();
        if (index < 0)
            return false;
        ref var record = ref arena.Record(index);
        record.Stamp = file.Stamp;
        record.Opens = OpenCount.Of(file.Opens, 0).Bits;
        record.CommitNeeded = 0;
        record.Errors = file.Errors.Bits;
        record.UnsyncedSizeBytes = file.UnsyncedSizeBytes;
        record.AppendRequest = 0;
        record.AppendTaken = record.AppendTaking = 0;
        record.AskedRun = 0;
        Volatile.Write(ref record.Inode, file.Inode.Value);
        file.Record = index;
        return true;
    }

    /// <summary>
    /// Counts an open file of the kernel, unless a dead worker has counted this very request; false when there are too many files. Call without the gate, when
    /// nothing else can fail.
    /// </summary>
    public bool TryOpen(FileState file, ulong stamp, ulong request)
    {
        bool first;
        lock (file.Gate)
        {
            if (file.Opens == OpenCount.Most || !TryRecord(file))
                return false;
            file.Stamp = Math.Max(file.Stamp, stamp);
            arena.Record(file.Record).Stamp = file.Stamp;
            if (arena.IsCounted(file.Record, request))
                return true;
            first = file.Opens++ == 0;
            arena.Count(file.Record, file.Opens, request);
        }
        if (first)
            Pin(file);
        return true;
    }

    /// <summary>A number for the kernel to call an open file by.</summary>
    public FileHandle NewHandle(FileState file, bool isDirect)
    {
        lock (file.Gate)
            return FileHandle.Of(arena.NextHandle(), isDirect, file.Errors.StartOfHandle);
    }

    /// <summary>The kernel has released an open file; counted once, however often it says so. Call without the gate.</summary>
    public void Close(FileState file, ulong request)
    {
        lock (file.Gate)
        {
            if (file.Opens == 0 || arena.IsCounted(file.Record, request))
                return;
            file.Opens--;
            arena.Count(file.Record, file.Opens, request);
            if (file.Opens > 0)
                return;
            LastReleased?.Invoke(file);
        }
        Release(file);
    }

    /// <summary>A picture of all files; each is pinned for the caller.</summary>
    public List<FileState> Picture()
    {
        var files = new List<FileState>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Gate)
            {
                foreach (var file in stripe.Files.Values)
                {
                    file.Pins++;
                    files.Add(file);
                }
            }
        }
        return files;
    }

    /// <summary>A picture of all files that have been opened and not closed towards the servers.</summary>
    public List<(InodeId Inode, ulong Stamp)> Opened()
    {
        var opened = new List<(InodeId, ulong)>();
        foreach (var stripe in _stripes)
        {
            lock (stripe.Gate)
            {
                foreach (var file in stripe.Files.Values)
                {
                    if (file.Stamp != 0)
                        opened.Add((file.Inode, file.Stamp));
                }
            }
        }
        return opened;
    }

    private Stripe StripeOf(InodeId inode) => _stripes[(inode.Value * 0x9E3779B97F4A7C15) >> 58];

    private sealed class Stripe
    {
        public readonly Lock Gate = new();
        public readonly Dictionary<InodeId, FileState> Files = [];
    }
}
