using SealFs.Fuse.Abi;

namespace SealFs.Fuse.MemoryFs;

/// <summary>
/// A file system in memory: the sample of this library, its test subject, and the ceiling that benchmarks compare with.
/// One lock guards names and attributes for the few hundred nanoseconds an operation takes; each file's bytes have their own. No reply is sent under a lock.
/// </summary>
public sealed partial class MemoryFileSystem : FuseFileSystem, IDisposable
{
    private const int MaxNameBytes = 255;
    private const uint BlockSizeBytes = 4096;
    private readonly MemoryFileSystemOptions _options;
    private readonly Lock _gate = new();
    private readonly NodeTable _nodes = new();
    private readonly Space _space;
    private readonly fuse_entry_out _entryTemplate;

    public MemoryFileSystem(MemoryFileSystemOptions? options = null)
    {
        _options = options ?? new MemoryFileSystemOptions();
        _space = new Space(_options.CapacityBytes);
        _entryTemplate = MakeTemplate(_options);
        // Open to all with the sticky bit, as a fresh tmpfs is: whoever mounts it can use it.
        var root = NewNode(FileMode.S_IFDIR | 0x3FF, 0, 0, 0)!;
        root.Parent = root;
        root.Attributes.nlink = 2;
        root.Lookups = 1;
    }

    /// <summary>Bytes that all files take.</summary>
    public long UsedBytes => _space.UsedBytes;

    /// <summary>Inodes in existence, also unlinked ones that the kernel still knows.</summary>
    public long InodeCount => _nodes.Count;

    /// <summary>Frees the native memory of all files. The session must have ended.</summary>
    public void Dispose()
    {
        foreach (var node in _nodes.All()) node.Content?.Free();
    }

    public override void Forget(ulong nodeId, ulong lookups)
    {
        lock (_gate)
        {
            if (_nodes.Find(nodeId) is not { } node) return;
            node.Lookups -= (long)lookups;
            Collect(node);
        }
    }

    public override void StatFs(FuseRequest request)
    {
        var free = (ulong)(_space.CapacityBytes - _space.UsedBytes) / BlockSizeBytes;
        var freeInodes = (ulong)(_options.CapacityInodes - _nodes.Count);
        request.ReplyStatFs(new fuse_kstatfs
        {
            blocks = (ulong)_space.CapacityBytes / BlockSizeBytes,
            bfree = free,
            bavail = free,
            files = (ulong)_options.CapacityInodes,
            ffree = freeInodes,
            bsize = BlockSizeBytes,
            frsize = BlockSizeBytes,
            namelen = MaxNameBytes,
        });
    }

    public override void SyncFs(FuseRequest request) => request.ReplyEmpty();

    private static fuse_entry_out MakeTemplate(MemoryFileSystemOptions options) => new()
    {
        entry_valid = (ulong)options.EntryTimeToLive.TotalSeconds,
        entry_valid_nsec = (uint)options.EntryTimeToLive.Nanoseconds + (uint)options.EntryTimeToLive.Microseconds * 1000 + (uint)options.EntryTimeToLive.Milliseconds * 1_000_000,
        attr_valid = (ulong)options.AttributeTimeToLive.TotalSeconds,
        attr_valid_nsec = (uint)options.AttributeTimeToLive.Nanoseconds + (uint)options.AttributeTimeToLive.Microseconds * 1000 + (uint)options.AttributeTimeToLive.Milliseconds * 1_000_000,
    };

    /// <summary>A new inode with no name yet; null when there are too many.</summary>
    private Node? NewNode(uint mode, uint uid, uint gid, uint device)
    {
        if (_nodes.Count >= _options.CapacityInodes) return null;
        var node = new Node();
        ref var attributes = ref node.Attributes;
        attributes.mode = mode;
        attributes.uid = uid;
        attributes.gid = gid;
        attributes.rdev = device;
        attributes.blksize = BlockSizeBytes;
        if (!_nodes.TryAdd(node)) return null;
        var now = Now();
        SetTime(now, out attributes.atime, out attributes.atimensec);
        SetTime(now, out attributes.mtime, out attributes.mtimensec);
        SetTime(now, out attributes.ctime, out attributes.ctimensec);
        if ((mode & FileMode.S_IFMT) == FileMode.S_IFDIR) node.Entries = new DirectoryTable();
        if ((mode & FileMode.S_IFMT) == FileMode.S_IFREG) node.Content = new FileContent(_space);
        return node;
    }

    /// <summary>Frees a node that has neither a name nor a reference of the kernel.</summary>
    private void Collect(Node node)
    {
        if (node.Lookups > 0 || node.Attributes.nlink > 0) return;
        _nodes.Remove(node);
        if (node.Content is not { } content) return;
        lock (content) content.Free();
    }

    /// <summary>Fills in an entry and counts the reference that the kernel gets with it.</summary>
    private void FillEntry(Node node, out fuse_entry_out entry)
    {
        node.Lookups++;
        entry = _entryTemplate;
        entry.nodeid = node.Id;
        FillAttributes(node, out entry.attr);
    }

    private static void FillAttributes(Node node, out fuse_attr attributes)
    {
        attributes = node.Attributes;
        if (node.Content is { } content)
        {
            attributes.size = (ulong)content.Length;
            attributes.blocks = (ulong)content.Sectors;
        }
        else if (node.Target is { } target)
        {
            attributes.size = (ulong)target.Length;
        }
        else if (node.IsDirectory)
        {
            attributes.size = BlockSizeBytes;
        }
    }

    /// <summary>Sends an entry; if nobody wants it any more, the kernel has not counted the reference either.</summary>
    private void ReplyEntry(FuseRequest request, in fuse_entry_out entry)
    {
        var nodeId = entry.nodeid;
        if (!request.ReplyEntry(in entry)) Forget(nodeId, 1);
    }

    /// <summary>Ticks since 1970, each 100 ns.</summary>
    private static long Now() => DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks;

    private static void SetTime(long ticks, out ulong seconds, out uint nanoseconds)
    {
        seconds = (ulong)(ticks / TimeSpan.TicksPerSecond);
        nanoseconds = (uint)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
    }

    private static void TouchChanged(Node node)
    {
        SetTime(Now(), out node.Attributes.ctime, out node.Attributes.ctimensec);
    }

    private static void TouchModified(Node node)
    {
        SetTime(Now(), out node.Attributes.mtime, out node.Attributes.mtimensec);
        node.Attributes.ctime = node.Attributes.mtime;
        node.Attributes.ctimensec = node.Attributes.mtimensec;
    }
}
