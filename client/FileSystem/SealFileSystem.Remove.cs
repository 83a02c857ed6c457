using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>FUSE_UNLINK, FUSE_RMDIR, FUSE_RENAME(2) and FUSE_LINK.</content>
internal sealed partial class SealFileSystem
{
    private const int LinkPartitionOffset = 16;
    private const int RenameTargetPartitionOffset = 20;
    private const uint RenameNoReplace = 1;
    private const uint RenameExchange = 2;

    public override void Unlink(FuseRequest request, ReadOnlySpan<byte> name)
    {
        if (CheckName(request, name))
            RemoveAsync(Begin(request), request, Opcode.Unlink);
    }

    public override void RmDir(FuseRequest request, ReadOnlySpan<byte> name)
    {
        if (CheckName(request, name))
            RemoveAsync(Begin(request), request, Opcode.Rmdir);
    }

    public override void Rename(FuseRequest request, in fuse_rename2_in input, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        if ((input.flags & ~(RenameNoReplace | RenameExchange)) != 0)
            Fail(request, Errno.EINVAL);
        else if (CheckName(request, oldName) && CheckName(request, newName))
            RenameAsync(Begin(request), request, input.newdir, input.flags);
    }

    public override void Link(FuseRequest request, in fuse_link_in input, ReadOnlySpan<byte> newName)
    {
        if (CheckName(request, newName))
            LinkAsync(Begin(request), request, input.oldnodeid);
    }

    private async Detached RemoveAsync(RoutedCall call, FuseRequest request, Opcode opcode)
    {
        var directory = InodeOf(request.NodeId);
        call.Encode(new RemoveRequest { Directory = directory, Name = request.Name });
        using var answer = await call.SendNamedAsync(opcode, directory, request.Name, PartitionOffset, mutation: true);
        var status = answer.TryRead(out RemoveReply reply);
        NoteUnsynced(directory, in answer);
        _ahead.Changes.Note(directory, request.Name);
        if (status == Errno.None)
        {
            _ahead.Changes.Note(reply.Removed);
            NoteEntry(directory, -1, opcode == Opcode.Rmdir ? -1 : 0, reply.HasDirectory, reply.Directory);
            if (opcode == Opcode.Rmdir)
            {
                _held.Removed(reply.Removed, _router.Execution.NowNs);
                _directories.Remove(reply.Removed);
            }
        }
        Fail(request, status);
    }

    private async Detached RenameAsync(RoutedCall call, FuseRequest request, ulong newNodeId, uint flags)
    {
        var source = InodeOf(request.NodeId);
        var target = InodeOf(newNodeId);
        call.Encode(new RenameRequest
        {
            SourceDirectory = source,
            TargetDirectory = target,
            Flags = flags,
            SourceName = request.Name,
            TargetName = request.Name2,
        });
        call.SetSecondName(target, request.Name2, RenameTargetPartitionOffset);
        using var answer = await call.SendNamedAsync(Opcode.Rename, source, request.Name, PartitionOffset, mutation: true);
        var status = answer.TryRead(out RemoveReply reply);
        NoteUnsynced(source, in answer);
        if (target != source)
            NoteUnsynced(target, in answer);
        call.Added(target);
        _ahead.Changes.Note(source, request.Name);
        _ahead.Changes.Note(target, request.Name2);
        if (status == Errno.None)
        {
            _ahead.Changes.Note(reply.Removed);
            NoteDirectory(source, reply.HasDirectory, reply.Directory);
            if (target != source)
                NoteDirectory(target, reply.HasTarget, reply.Target);
            _held.Removed(reply.Removed, _router.Execution.NowNs);
            _directories.Remove(reply.Removed);
        }
        Fail(request, status);
    }

    private async Detached LinkAsync(RoutedCall call, FuseRequest request, ulong oldNodeId)
    {
        var directory = InodeOf(request.NodeId);
        call.Encode(new LinkRequest { Inode = InodeOf(oldNodeId), Directory = directory, Name = request.Name });
        using var answer = await call.SendAddingAsync(Opcode.Link, directory, request.Name, LinkPartitionOffset);
        var status = answer.TryRead(out EntryReply reply);
        NoteUnsynced(directory, in answer);
        call.Added(directory);
        _ahead.Changes.Note(directory, request.Name);
        _ahead.Changes.Note(InodeOf(oldNodeId));
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        NoteEntry(directory, 1, 0, reply.HasDirectory, reply.Directory);
        await CompleteEntryAsync(call, request, reply);
    }
}
