using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>
/// FUSE_READDIR and FUSE_READDIRPLUS. A cookie is an entry's position, which orders the whole directory over its partitions: they are walked in order of
/// position, and a listing goes on from its cookie whatever was split, made or removed meanwhile. "." and ".." have the positions 1 and 2.
/// Entries with attributes cost the server, the kernel and us ten times as much as names: who gets which of a large directory is up to <see cref="LookAhead"/>.
/// </content>
internal sealed partial class SealFileSystem
{
    private const ulong DotDotPosition = 2;
    private const ulong EndPosition = 1UL << 63;

    public override void OpenDir(FuseRequest request, in fuse_open_in input)
    {
        _held.Opened(InodeOf(request.NodeId));
        request.ReplyOpen(new fuse_open_out { fh = _arena.NextStamp() });
    }

    public override void ReleaseDir(FuseRequest request, in fuse_release_in input)
    {
        _listings.Forget(input.fh);
        _held.Released(InodeOf(request.NodeId));
        request.ReplyEmpty();
    }

    public override void ReadDir(FuseRequest request, in fuse_read_in input) => ReadDirAsync(Begin(request), request, input.offset, isPlus: false);

    public override void ReadDirPlus(FuseRequest request, in fuse_read_in input) => ReadDirAsync(Begin(request), request, input.offset, isPlus: true);

    private async Detached ReadDirAsync(RoutedCall call, FuseRequest request, ulong position, bool isPlus)
    {
        var written = WriteDots(request, ref position, isPlus);
        var handle = request.In<fuse_read_in>().fh;
        while (position + 1 < EndPosition)
        {
            var listing = _listings.Take(handle, position, _router.Execution.NowMs);
            if (listing is null)
            {
                Errno status;
                var pageBytes = request.In<fuse_read_in>().offset == 0 ? Limits.FirstListingBytes : Limits.ListingBytes;
                (status, listing) = await FetchListingAsync(call, InodeOf(request.NodeId), position, pageBytes, FlagsFor(request.Pid, isPlus));
                if (status == Errno.ENOENT && TryGetRemovedDirectory(request, out _))
                    break;
                if (status != Errno.None)
                {
                    Fail(request, status);
                    return;
                }
                if (isPlus)
                    await CompleteListingAsync(listing!);
            }
            var before = written;
            written = WriteEntries(request, listing!, written, isPlus);
            position = listing!.Position;
            if (!listing.IsExhausted || written > before)
            {
                _listings.Keep(handle, listing);
                break;
            }
            if (listing.IsEnd)
                position = DirectoryPosition.EndOfRange(listing.Partition, listing.Depth) - 1;
            listing.Dispose();
            if (written > 0)
                break;
        }
        request.ReplyFromBuffer(written);
    }

    private ReadDirFlags FlagsFor(uint thread, bool isPlus)
    {
        if (!isPlus)
            return ReadDirFlags.None;
        return _options.ListAttributes || _ahead.LooksAtEntries(thread) ? ReadDirFlags.Attributes : ReadDirFlags.Attributes | ReadDirFlags.UnlessLarge;
    }

    private async ValueTask<(Errno Status, KeptListing? Listing)> FetchListingAsync(RoutedCall call, InodeId directory, ulong position, uint pageBytes, ReadDirFlags flags)
    {
        call.Encode(new ReadDirRequest(directory, default, position, pageBytes, flags));
        using var answer = await call.SendPositionedAsync(Opcode.ReadDir, directory, position + 1, PartitionOffset);
        var status = answer.TryRead(out ReadDirReply reply);
        if (status != Errno.None)
            return (status, null);

        // A server that gives nothing and does not say that this is the end would be asked for ever.
        if (reply.Count == 0 && !reply.End)
            return (Errno.EIO, null);
        var partition = call.Partition;
        _router.Partitions.Learn(directory, partition, reply.Depth);
        return (Errno.None, KeptListing.Of(answer.Payload, in reply, partition, position, _router.Execution.NowMs));
    }

    private unsafe int WriteDots(FuseRequest request, ref ulong position, bool isPlus)
    {
        var writer = new FuseDirectoryWriter(request.ReplyBufferPointer, (int)request.In<fuse_read_in>().size);
        const uint Type = InodeAttributes.TypeDirectory >> 12;
        for (; position < DotDotPosition; position++)
        {
            var name = position == 0 ? "."u8 : ".."u8;
            var isRoom = isPlus
                ? writer.AddPlus(default, request.NodeId, position + 1, Type, name)
                : writer.Add(request.NodeId, position + 1, Type, name);
            if (!isRoom)
                break;
        }
        return writer.Length;
    }

    /// <summary>Hands out entries until the kernel's room or the listing ends. Returns the bytes written so far.</summary>
    private unsafe int WriteEntries(FuseRequest request, KeptListing listing, int written, bool isPlus)
    {
        var room = (int)request.In<fuse_read_in>().size - written;
        var writer = new FuseDirectoryWriter(request.ReplyBufferPointer + written, room);
        var names = 0;
        while (!listing.IsExhausted)
        {
            var reader = new WireReader(listing.Entries[listing.Cursor..]);
            if (!DirectoryEntry.TryRead(ref reader, out var entry) || !Write(ref writer, entry, listing.Besides, isPlus))
                break;
            if (!entry.HasAttributes)
                listing.Besides?.MoveNext();
            listing.Cursor += reader.Position;
            listing.Position = entry.Position;
            if (listing.Attributed > 0)
                listing.Attributed--;
            else
                names++;
        }
        if (names > 0)
            _ahead.Listed(request.Pid, InodeOf(request.NodeId), names);
        return written + writer.Length;
    }

    private bool Write(scoped ref FuseDirectoryWriter writer, scoped DirectoryEntry entry, ListingAttributes? besides, bool isPlus)
    {
        var nodeId = NodeIdOf(entry.Inode);
        var type = (entry.Mode & InodeAttributes.TypeMask) >> 12;
        if (!isPlus)
            return writer.Add(nodeId, entry.Position, type, entry.Name);
        var known = entry.HasAttributes ? EntryOf(entry.Attributes)
            : besides is not null && besides.TryGet(entry.Inode, out var attributes) ? EntryOf(attributes)
            : default;
        if (!writer.AddPlus(in known, nodeId, entry.Position, type, entry.Name))
            return false;
        NoteTold(known.nodeid, in known.attr);
        return true;
    }
}
