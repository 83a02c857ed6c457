using SealFs.Client.Buffering;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>
/// FUSE_OPEN and FUSE_RELEASE. An open always asks the server (close-to-open): an unchanged version keeps the kernel's pages, and the content of a small file
/// comes along, so that the first READ asks nobody.
/// </content>
internal sealed partial class SealFileSystem
{
    private const uint AccessModeMask = 3;
    private const uint O_RDONLY = 0;
    private const uint O_WRONLY = 1;
    private const uint O_DIRECT = 0x4000;

    /// <summary>More files open than the arena has records for.</summary>
    private const Errno Enfile = (Errno)23;

    public override void Open(FuseRequest request, in fuse_open_in input) => OpenAsync(Begin(request), request, input.flags, input.open_flags);

    public override void Release(FuseRequest request, in fuse_release_in input)
    {
        if (_files.Find(InodeOf(request.NodeId)) is { } file)
        {
            lock (file.Gate)
                _arena.ForgetHandle(file, new FileHandle(input.fh));
            _files.Close(file, request.StableUnique);
            _files.Release(file);
        }
        request.ReplyEmpty();
    }

    private async Detached OpenAsync(RoutedCall call, FuseRequest request, uint flags, uint openFlags)
    {
        var opened = await OpenInodeAsync(call, request, InodeOf(request.NodeId), flags, openFlags);
        if (opened.Status != Errno.None)
        {
            // ESTALE lets the kernel look the name up again: it may believe an entry whose inode another client has replaced.
            Fail(request, opened.Status == Errno.ENOENT ? Errno.ESTALE : opened.Status);
            return;
        }
        if (!opened.IsUnchanged && (flags & O_TRUNC) == 0)
            _kernelSizes.Correct(request.NodeId, opened.Attributes.Inode, opened.Attributes.SizeBytes);
        var reply = OpenReplyOf(opened.Handle, flags, opened.IsUnchanged);
        request.ReplyOpen(in reply);
    }

    /// <summary>Revalidates an inode, registers the open at its server and here, and truncates when asked to.</summary>
    private async ValueTask<Opened> OpenInodeAsync(RoutedCall call, FuseRequest request, InodeId inode, uint flags, uint openFlags)
    {
        var file = _files.Acquire(inode);
        if (file.IsDirty && (await _writeBack.DrainAsync(file, commit: true, request)).Status is var drained and not Errno.None)
        {
            _files.Release(file);
            return new Opened { Status = drained };
        }
        var opened = await RegisterOpenAsync(call, file, flags);
        if (opened.Status == Errno.None && IsWithoutName(file, in opened))
            opened = opened with { Status = Errno.ESTALE };
        if (opened.Status == Errno.None && (flags & O_TRUNC) != 0)
            opened = await TruncateAsync(call, request, file, opened, (openFlags & FuseProtocol.FUSE_OPEN_KILL_SUIDGID) != 0);
        if (opened.Status == Errno.None && !_files.TryOpen(file, opened.Stamp, request.StableUnique))
            opened = opened with { Status = Enfile };
        opened = opened with { Handle = _files.NewHandle(file, BypassesPageCache(flags, opened.Attributes.SizeBytes)) };
        _files.Release(file);
        return opened;
    }

    /// <summary>
    /// A file without a name that nobody here has open was reached by a name that the kernel still believes: the kernel shall look again, since another file may have
    /// the name by now.
    /// </summary>
    private static bool IsWithoutName(FileState file, in Opened opened) => opened.Attributes.LinkCount == 0 && file.Opens == 0;

    private async ValueTask<Opened> RegisterOpenAsync(RoutedCall call, FileState file, uint flags)
    {
        var stamp = _arena.NextStamp();
        var wantsData = (flags & AccessModeMask) != O_WRONLY && (flags & O_TRUNC) == 0;
        call.Encode(new OpenRequest(file.Inode, wantsData ? OpenFlags.WantData : OpenFlags.None, stamp, file.Version));
        using var answer = await call.SendAsync(Opcode.Open, file.Inode.Shard);
        var status = answer.TryRead(out AttributesReply reply);
        if (status != Errno.None)
            return new Opened { Status = status };
        var isUnchanged = NoteOpened(file, stamp, reply.Attributes, in answer);
        return new Opened { Attributes = reply.Attributes, Stamp = stamp, IsUnchanged = isUnchanged };
    }

    /// <summary>Takes in what an open answered. True when what the kernel has of the file is still good.</summary>
    private static bool NoteOpened(FileState file, ulong stamp, in InodeAttributes attributes, in Answer answer)
    {
        lock (file.Gate)
        {
            // Whatever becomes of this open, the server is told of its end.
            file.Stamp = Math.Max(file.Stamp, stamp);
            file.ShowsSetIds |= SetIds.AreIn(attributes.Mode);
            var isUnchanged = file.Version != 0 && file.Version == attributes.Version;
            if (!isUnchanged)
                file.DropContent();
            if (file.IsDirty)
                return false;
            file.Version = attributes.Version;
            file.SizeBytes = attributes.SizeBytes;
            file.IsSizeKnown = true;
            if (answer.PayloadLength > 0 && (ulong)answer.PayloadLength == attributes.SizeBytes && file.Content is null)
            {
                file.Content = RpcBuffer.Rent(answer.PayloadLength);
                answer.Payload.CopyTo(file.Content.Span);
            }
            return isUnchanged;
        }
    }

    private async ValueTask<Opened> TruncateAsync(RoutedCall call, FuseRequest request, FileState file, Opened opened, bool killSetIds)
    {
        var (drained, letGo) = await _writeBack.DrainAndLetGoAsync(file, 0, request);
        if (drained != Errno.None)
            return opened with { Status = drained };
        var mask = SetAttrMask.Size | SetAttrMask.ModifyTimeNow | (killSetIds ? SetAttrMask.KillSetIds : SetAttrMask.None);
        call.Encode(new SetAttrRequest(file.Inode, mask, 0, 0, 0, 0, 0, 0, 0));
        using var answer = await call.SendMutationAsync(Opcode.SetAttr, file.Inode.Shard);
        var status = answer.TryRead(out AttributesReply reply);
        _ahead.Changes.Note(file.Inode);
        if (status == Errno.None)
            NoteAttributesChanged(file, reply.Attributes, answer.Verifier, isResized: true);
        else
            _writeBack.NoteLetGo(file, letGo);
        return opened with { Status = status, Attributes = reply.Attributes };
    }

    private static fuse_open_out OpenReplyOf(FileHandle handle, uint flags, bool isUnchanged)
    {
        var open = FuseOpenFlags.None;
        if ((flags & AccessModeMask) == O_RDONLY)
            open |= FuseOpenFlags.FOPEN_NOFLUSH;
        if (handle.IsDirect)
            open |= FuseOpenFlags.FOPEN_DIRECT_IO | FuseOpenFlags.FOPEN_PARALLEL_DIRECT_WRITES;
        else if (isUnchanged)
            open |= FuseOpenFlags.FOPEN_KEEP_CACHE;
        return new fuse_open_out { fh = handle.Bits, open_flags = open };
    }

    /// <summary>
    /// Copying a stream through the page cache costs more than it brings; what is read again or mapped belongs there. Before Linux 6.6 a file that goes past it cannot be mapped
    /// shared, so that there only those go past it for which somebody asked.
    /// </summary>
    private bool BypassesPageCache(uint flags, ulong sizeBytes) => AppendsPastPageCache(flags) || _options.Cache switch
    {
        CacheMode.Always => false,
        CacheMode.Never => true,
        _ => (flags & O_DIRECT) != 0 || (_canMapDirect && sizeBytes >= Limits.StreamBytes),
    };

    /// <summary>
    /// The page cache hands over a write(2) in pieces, one for each page that it knows only a part of (fuse_fill_write_pages), and bytes of another client could come between them. Past it a write is one
    /// request, up to 1 MiB. What is open for writing alone is never mapped.
    /// </summary>
    private bool AppendsPastPageCache(uint flags) => (flags & O_APPEND) != 0 && ((flags & AccessModeMask) == O_WRONLY || _canMapDirect);

    private readonly record struct Opened
    {
        public Errno Status { get; init; }

        public InodeAttributes Attributes { get; init; }

        public ulong Stamp { get; init; }

        public FileHandle Handle { get; init; }

        public bool IsUnchanged { get; init; }
    }
}
