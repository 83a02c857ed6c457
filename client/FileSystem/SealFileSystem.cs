using Microsoft.Extensions.Logging;
using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <summary>
/// A volume as the kernel sees it. Second stop of an operation, after the FUSE session: each handler sends its request and returns; the answer continues
/// it on the connection's receiver thread, where it replies to the kernel. A node id is an inode id (the root's is 1), and a file handle means nothing: whatever is
/// held here can be asked for again, so that a successor can serve the same mount.
/// </summary>
/// <remarks>
/// One part per group of operations: .Lookup, .Attributes, .Create, .Remove, .Rename, .Open, .Read, .Write, .Sync, .Allocation, .Directories, .Xattrs, .Volume.
/// After a reply nothing of its request may be touched: it may be serving another one already.
/// </remarks>
internal sealed partial class SealFileSystem : FuseFileSystem
{
    private const ulong RootNodeId = 1;

    private readonly ClusterRouter _router;
    private readonly MountOptions _options;
    private readonly SharedArena _arena;
    private readonly FileTable _files;
    private readonly WriteBack _writeBack;
    private readonly DirectoryCache _directories;
    private readonly HeldDirectories _held;
    private readonly ReadBudget _readBudget;
    private readonly ListingCache _listings = new();
    private readonly KernelSizes _kernelSizes = new();
    private readonly LookAhead _ahead;
    private readonly ulong _chunkBytes;
    private readonly InodeId _root;
    private readonly ILogger _logger;
    private bool _canMapDirect;

    public SealFileSystem(
        ClusterRouter router, MountOptions options, ClientSession session, SharedArena arena, FileTable files, WriteBack writeBack, ILogger logger)
    {
        _router = router;
        _options = options;
        _arena = arena;
        _files = files;
        _writeBack = writeBack;
        _logger = logger;
        _root = session.Root;
        _chunkBytes = session.Volume.ChunkSizeBytes;
        _directories = new DirectoryCache(options.AttributeTimeoutMs, router.Execution.Time);
        _held = new HeldDirectories(_directories);
        _ahead = new LookAhead(Math.Min(Limits.AheadMs, Math.Min(options.AttributeTimeoutMs, options.EntryTimeoutMs)), router.Execution.Time);
        writeBack.Committed = _ahead.Changes.Note;
        writeBack.AppendMoved = inode => _kernelSizes.DropPages(NodeIdOf(inode));
        _readBudget = new ReadBudget(options.ReadBufferBytes, router.Execution.Time);
        router.Metrics.ObserveBuffer("read_buffer", () => _readBudget.UsedBytes);
    }

    /// <summary>How the kernel is told what it did not ask for.</summary>
    public FuseNotifier Notifier
    {
        set => _kernelSizes.Notifier = value;
    }

    public override void Init(FuseNegotiated negotiated) => _canMapDirect = negotiated.Has(FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP);

    /// <summary>Lets go of what was kept for a moment. Called by a timer.</summary>
    public void Trim() => _ahead.Trim();

    public override void Forget(ulong nodeId, ulong lookups) => _held.Forget(InodeOf(nodeId));

    private InodeId InodeOf(ulong nodeId) => nodeId == RootNodeId ? _root : new InodeId(nodeId);

    private ulong NodeIdOf(InodeId inode) => inode == _root ? RootNodeId : inode.Value;

    /// <summary>The call object of a request's slot, made at its first use and kept for ever.</summary>
    private RoutedCall Begin(FuseRequest request)
    {
        if (request.State is not RoutedCall call)
            request.State = call = _router.NewCall();
        return call.Begin(request);
    }

    private static void Fail(FuseRequest request, Errno status) => request.ReplyError((int)status);

    private ValueTask<Answer> GetAttributesAsync(RoutedCall call, InodeId inode)
    {
        call.Encode(new InodeRequest(inode));
        return call.SendAsync(Opcode.GetAttr, inode.Shard);
    }

    /// <summary>
    /// Attributes of an inode that may be dirty here: size and time of data that the servers do not have yet are put in, and set-id bits that go with such data are left out.
    /// </summary>
    private void OverlayDirty(ref InodeAttributes attributes)
    {
        if (!attributes.IsRegular || _files.Find(attributes.Inode) is not { } file)
            return;
        lock (file.Gate)
        {
            if (file.IsDirty)
            {
                attributes.SizeBytes = Math.Max(attributes.SizeBytes, file.DirtyEnd());
                var timeNs = file.DirtyTimeNs();
                if (timeNs > attributes.ModifyTimeNs)
                    attributes.ModifyTimeNs = attributes.ChangeTimeNs = timeNs;
                if (file.DirtyDataKillSetIds())
                    attributes.Mode = SetIds.Without(attributes.Mode);
            }
            file.ShowsSetIds = SetIds.AreIn(attributes.Mode);
            file.SizeBytes = attributes.SizeBytes;
            file.IsSizeKnown = true;
        }
        _files.Release(file);
    }

    /// <summary>Replies with attributes that a server gave <paramref name="ageMs"/> ago: the kernel believes them so much shorter.</summary>
    private void ReplyEntry(FuseRequest request, in InodeAttributes attributes, int ageMs = 0)
    {
        var entry = EntryOf(attributes, ageMs);
        if (request.ReplyEntry(in entry))
            NoteTold(entry.nodeid, in entry.attr);
    }

    private fuse_entry_out EntryOf(InodeAttributes attributes, int ageMs = 0)
    {
        var entryMs = Math.Max(0, _options.EntryTimeoutMs - ageMs);
        var attributesMs = Math.Max(0, _options.AttributeTimeoutMs - ageMs);
        if (attributes.IsDirectory)
            _directories.Put(in attributes);
        else
            OverlayDirty(ref attributes);
        var nodeId = NodeIdOf(attributes.Inode);
        return new fuse_entry_out
        {
            nodeid = nodeId,
            entry_valid = (ulong)(entryMs / 1000),
            entry_valid_nsec = (uint)(entryMs % 1000) * 1_000_000,
            attr_valid = (ulong)(attributesMs / 1000),
            attr_valid_nsec = (uint)(attributesMs % 1000) * 1_000_000,
            attr = Shown(in attributes, nodeId),
        };
    }

    private void ReplyAttributes(FuseRequest request, in InodeAttributes attributes)
    {
        var nodeId = NodeIdOf(attributes.Inode);
        var reply = new fuse_attr_out
        {
            attr_valid = (ulong)(_options.AttributeTimeoutMs / 1000),
            attr_valid_nsec = (uint)(_options.AttributeTimeoutMs % 1000) * 1_000_000,
            attr = Shown(in attributes, nodeId),
        };
        if (request.ReplyAttr(in reply))
            NoteTold(nodeId, in reply.attr);
    }

    private fuse_attr Shown(in InodeAttributes attributes, ulong nodeId)
    {
        var shown = Conversion.ToKernel(in attributes, nodeId);
        if (_options.Group is { } group)
            GroupView.Apply(ref shown, group);
        return shown;
    }

    /// <summary>
    /// Only once the kernel has it: a size that passes for told, because of an answer that nobody took or an entry that a listing had no room for, would keep the next
    /// open from correcting an older one.
    /// </summary>
    private void NoteTold(ulong nodeId, in fuse_attr attributes)
    {
        if ((attributes.mode & InodeAttributes.TypeMask) == InodeAttributes.TypeRegular)
            _kernelSizes.Told(InodeOf(nodeId), attributes.size);
    }

    /// <summary>Takes the attributes of a directory that a mutation's reply brought, or forgets those it did not bring.</summary>
    private void NoteDirectory(InodeId directory, bool hasAttributes, in InodeAttributes attributes)
    {
        _ahead.Changes.Note(directory);
        if (hasAttributes)
            _directories.Put(in attributes);
        else
            _directories.Remove(directory);
    }

    /// <summary>The same where one entry came or went: what the reply did not bring is counted on.</summary>
    private void NoteEntry(InodeId directory, int entries, int subdirectories, bool hasAttributes, in InodeAttributes attributes)
    {
        _ahead.Changes.Note(directory);
        if (hasAttributes)
            _directories.Put(in attributes);
        else
            _directories.CountOn(directory, entries, subdirectories);
    }
}
