using System.Text;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <summary>
/// A file system whose unsynced state can be lost, and whose calls can fail. Everything is in memory: what programs see (<see cref="Node"/>), and what is on the
/// disk (<see cref="DurableTree"/>). fsync of a file brings its pages to the disk and all changes of names before it; a loss of power makes what is on the disk what programs see.
/// </summary>
/// <remarks>Nothing is cached by the kernel: files are opened with FOPEN_DIRECT_IO, names and attributes are believed for no time. Made for tests, so one lock does for everything.</remarks>
internal sealed partial class LossyFileSystem : FuseFileSystem
{
    private const uint BlockBytes = PageFile.PageBytes;
    private readonly Lock _gate = new();
    private readonly DurableTree _disk = new();
    private Dictionary<ulong, Node> _nodes = [];
    private ulong _lastId = 1;
    private ulong _lastCookie = 2;
    private long _pages;

    public LossyFileSystem(FaultTable faults, long capacityBytes)
    {
        Faults = faults;
        CapacityBytes = capacityBytes;
        var root = new Node(1, NewAttributes(0x4000 | 0x1FF, 0, 0, 1, links: 2)) { Lookups = 1 };
        _nodes[1] = root;
        _disk.Make(1, root.Attributes, []);
    }

    public FaultTable Faults { get; }

    public long CapacityBytes { get; set; }

    /// <summary>Pages that a loss of power may take.</summary>
    public long UnsyncedPages
    {
        get { lock (_gate) return _nodes.Values.Sum(static node => (long)node.Unsynced.Count); }
    }

    public override void Forget(ulong nodeId, ulong lookups)
    {
        lock (_gate)
        {
            if (Find(nodeId) is not { } node)
                return;
            node.Lookups -= (long)lookups;
            Collect(node);
        }
    }

    public override void StatFs(FuseRequest request)
    {
        long used;
        lock (_gate)
            used = _pages;
        var blocks = (ulong)(CapacityBytes / BlockBytes);
        var free = (ulong)Math.Max(0, (CapacityBytes / BlockBytes) - used);
        request.ReplyStatFs(new fuse_kstatfs { blocks = blocks, bfree = free, bavail = free, files = 1 << 20, ffree = 1 << 19, bsize = BlockBytes, frsize = BlockBytes, namelen = 255 });
    }

    private Node? Find(ulong id) => _nodes.GetValueOrDefault(id);

    private static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    private string PathOf(ulong id)
    {
        lock (_gate)
            return Find(id)?.Path ?? "";
    }

    private string PathOf(ulong directory, string name)
    {
        var path = PathOf(directory);
        return path.Length == 0 ? name : $"{path}/{name}";
    }

    /// <summary>Frees a node that has neither a name nor a reference of the kernel.</summary>
    private void Collect(Node node)
    {
        if (node.Lookups > 0 || node.Attributes.nlink > 0)
            return;
        _nodes.Remove(node.Id);
        _pages -= node.Content.PageCount;
        var id = node.Id;
        _disk.Note(disk => disk.Remove(id));
    }

    private static fuse_attr NewAttributes(uint mode, uint uid, uint gid, ulong id, uint links)
    {
        var attributes = new fuse_attr { ino = id, mode = mode, uid = uid, gid = gid, nlink = links, blksize = BlockBytes };
        SetNow(ref attributes);
        attributes.atime = attributes.mtime;
        return attributes;
    }

    private static void SetNow(ref fuse_attr attributes)
    {
        var ticks = DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks;
        attributes.mtime = attributes.ctime = (ulong)(ticks / TimeSpan.TicksPerSecond);
        attributes.mtimensec = attributes.ctimensec = (uint)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
    }

    private static fuse_attr Shown(Node node)
    {
        var attributes = node.Attributes;
        attributes.size = node.IsRegular ? (ulong)node.Content.Length : node.IsDirectory ? BlockBytes : (ulong)node.Target.Length;
        attributes.blocks = (ulong)node.Content.PageCount * (BlockBytes / 512);
        return attributes;
    }

    /// <summary>Counts the reference that the kernel gets with it.</summary>
    private static fuse_entry_out Entry(Node node)
    {
        node.Lookups++;
        return new fuse_entry_out { nodeid = node.Id, attr = Shown(node) };
    }

    private void ReplyEntry(FuseRequest request, int errno, in fuse_entry_out entry)
    {
        if (errno != 0)
            request.ReplyError(errno);
        else if (!request.ReplyEntry(in entry))
            Forget(entry.nodeid, 1);
    }
}
