using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.Fuse;

namespace SealFs.Client.FileSystem;

/// <content>FUSE_LOOKUP: one request for a file, two for a directory whose attributes are not at hand. A name that is not there is asked for, unless nobody else may add it (<see cref="KnownNames"/>).</content>
internal sealed partial class SealFileSystem
{
    private const int PartitionOffset = 8;

    public override void Lookup(FuseRequest request, ReadOnlySpan<byte> name)
    {
        if (!CheckName(request, name))
            return;
        var directory = InodeOf(request.NodeId);
        if (_ahead.TryTake(directory, name, out var attributes, out var ageMs))
        {
            _router.Metrics.Hit("ahead");
            ReplyEntry(request, in attributes, ageMs);
            return;
        }
        if (_router.Names.IsAbsent(directory, PlacementHash.Name(name)))
        {
            _router.Metrics.Hit("absent");
            Fail(request, Errno.ENOENT);
            return;
        }
        if (_ahead.Looked(request.Pid, directory, name) is { } entries)
            FetchAheadAsync(entries);
        LookupAsync(Begin(request), request);
    }

    private async Detached LookupAsync(RoutedCall call, FuseRequest request)
    {
        var directory = InodeOf(request.NodeId);
        call.Encode(new LookupRequest { Directory = directory, Name = request.Name });
        using var answer = await call.SendNamedAsync(Opcode.Lookup, directory, request.Name, PartitionOffset, mutation: false);
        var status = answer.TryRead(out EntryReply reply);
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        if (reply.HasDirectory)
            _directories.Put(reply.Directory);
        await CompleteEntryAsync(call, request, reply);
    }

    /// <summary>Replies with an entry, after asking the inode's own shard when it lives in another.</summary>
    private async ValueTask CompleteEntryAsync(RoutedCall call, FuseRequest request, EntryReply reply)
    {
        var attributes = reply.Attributes;
        if (reply.Complete || (attributes.IsDirectory && _directories.TryGet(attributes.Inode, out attributes)))
        {
            ReplyEntry(request, attributes);
            return;
        }
        using var answer = await GetAttributesAsync(call, reply.Attributes.Inode);
        var status = answer.TryRead(out AttributesReply own);
        if (status != Errno.None)
            Fail(request, status);
        else
            ReplyEntry(request, own.Attributes);
    }

    /// <summary>Refuses a name that no server would take; the kernel has checked slashes and the two dots.</summary>
    private static bool CheckName(FuseRequest request, ReadOnlySpan<byte> name)
    {
        if (name.Length <= FileName.MaxLength)
            return true;
        Fail(request, Errno.ENAMETOOLONG);
        return false;
    }
}
