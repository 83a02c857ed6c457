using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>FUSE_GETATTR and FUSE_SETATTR (chmod, chown, truncate, utimens).</content>
internal sealed partial class SealFileSystem
{
    public override void GetAttr(FuseRequest request, in fuse_getattr_in input)
    {
        if (_directories.TryGet(InodeOf(request.NodeId), out var known))
        {
            _router.Metrics.Hit("directory");
            ReplyAttributes(request, in known);
            return;
        }
        GetAttrAsync(Begin(request), request);
    }

    public override void SetAttr(FuseRequest request, in fuse_setattr_in input) => SetAttrAsync(Begin(request), request);

    private async Detached GetAttrAsync(RoutedCall call, FuseRequest request)
    {
        using var answer = await GetAttributesAsync(call, InodeOf(request.NodeId));
        var status = answer.TryRead(out AttributesReply reply);
        if (status == Errno.ENOENT && TryGetRemovedDirectory(request, out var removed))
        {
            ReplyAttributes(request, in removed);
            return;
        }
        if (status != Errno.None)
        {
            // ESTALE lets the kernel look the name up again, as for an open.
            Fail(request, status == Errno.ENOENT ? Errno.ESTALE : status);
            return;
        }
        var attributes = reply.Attributes;
        if (attributes.IsDirectory)
            TakeDirectory(in attributes);
        else
            OverlayDirty(ref attributes);
        ReplyAttributes(request, in attributes);
    }

    private bool TryGetRemovedDirectory(FuseRequest request, out InodeAttributes attributes) =>
        _held.TryGetRemoved(InodeOf(request.NodeId), _options.EntryTimeoutMs, _router.Execution.NowNs, out attributes);

    private void TakeDirectory(in InodeAttributes attributes)
    {
        _directories.Put(in attributes);
        _held.Told(in attributes);
    }

    private async Detached SetAttrAsync(RoutedCall call, FuseRequest request)
    {
        var inode = InodeOf(request.NodeId);
        var file = _files.Find(inode);

        // Deferred data would set their own time and size afterwards.
        var isResized = (request.In<fuse_setattr_in>().valid & FuseSetAttrValid.FATTR_SIZE) != 0;
        HashSet<ShardId> letGo = [];
        if (file is not null)
        {
            (var drained, letGo) = await _writeBack.DrainAndLetGoAsync(file, isResized ? request.In<fuse_setattr_in>().size : ulong.MaxValue, request);
            if (drained != Errno.None)
            {
                _files.Release(file);
                Fail(request, drained);
                return;
            }
        }
        call.Encode(SetAttrOf(inode, in request.In<fuse_setattr_in>(), _options.Group));
        Errno status;
        AttributesReply reply;
        WriteVerifier verifier;
        using (var answer = await call.SendMutationAsync(Opcode.SetAttr, inode.Shard))
        {
            status = answer.TryRead(out reply);
            verifier = answer.Verifier;
            if (file is null)
                NoteUnsynced(inode, in answer);
        }
        _ahead.Changes.Note(inode);
        var attributes = reply.Attributes;
        if (file is not null)
        {
            if (status == Errno.None)
                NoteAttributesChanged(file, in attributes, verifier, isResized);
            else
                _writeBack.NoteLetGo(file, letGo);
            _files.Release(file);
        }
        if (status == Errno.ENOENT && TryGetRemovedDirectory(request, out attributes))
        {
            _held.Change(ref attributes, SetAttrOf(inode, in request.In<fuse_setattr_in>(), _options.Group), _router.Execution.NowNs);
            ReplyAttributes(request, in attributes);
            return;
        }
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        if (attributes.IsDirectory)
            TakeDirectory(in attributes);
        else
            OverlayDirty(ref attributes);
        ReplyAttributes(request, in attributes);
    }

    /// <summary>This client's own change: the pages in the kernel stay good if nobody else changed the file in between.</summary>
    private void NoteAttributesChanged(Buffering.FileState file, in InodeAttributes attributes, WriteVerifier verifier, bool isResized)
    {
        if (isResized)
            _writeBack.NoteTruncated(file, attributes.SizeBytes);
        _writeBack.NoteChanged(file, file.Inode.Shard, verifier);
        lock (file.Gate)
        {
            file.Version = file.Version != 0 && attributes.Version == file.Version + 1 ? attributes.Version : 0;
            if (!isResized)
                return;
            file.WriteCount++;
            file.DropContent();
            file.SizeBytes = attributes.SizeBytes;
            file.IsSizeKnown = true;
        }
    }

    /// <summary>A mode that is set counts as it is from now on, so the file becomes the mount's group's: see <see cref="GroupView"/>.</summary>
    private static SetAttrRequest SetAttrOf(InodeId inode, in fuse_setattr_in input, uint? group)
    {
        var isAdopted = group is not null && (input.valid & (FuseSetAttrValid.FATTR_MODE | FuseSetAttrValid.FATTR_GID)) == FuseSetAttrValid.FATTR_MODE;
        var mask = SetAttrMask.None;
        mask |= Map(input.valid, FuseSetAttrValid.FATTR_MODE, SetAttrMask.Mode);
        mask |= Map(input.valid, FuseSetAttrValid.FATTR_UID, SetAttrMask.Uid | SetAttrMask.KillSetIds);
        mask |= Map(input.valid, FuseSetAttrValid.FATTR_GID, SetAttrMask.Gid | SetAttrMask.KillSetIds);
        mask |= Map(input.valid, FuseSetAttrValid.FATTR_SIZE, SetAttrMask.Size);
        mask |= Map(input.valid, FuseSetAttrValid.FATTR_CTIME, SetAttrMask.ChangeTime);
        mask |= Map(input.valid, FuseSetAttrValid.FATTR_KILL_SUIDGID, SetAttrMask.KillSetIds);
        mask |= (input.valid & FuseSetAttrValid.FATTR_ATIME_NOW) != 0
            ? SetAttrMask.AccessTimeNow
            : Map(input.valid, FuseSetAttrValid.FATTR_ATIME, SetAttrMask.AccessTime);
        mask |= (input.valid & FuseSetAttrValid.FATTR_MTIME_NOW) != 0
            ? SetAttrMask.ModifyTimeNow
            : Map(input.valid, FuseSetAttrValid.FATTR_MTIME, SetAttrMask.ModifyTime);
        return new SetAttrRequest(
            inode,
            isAdopted ? mask | SetAttrMask.Gid : mask,
            input.mode,
            input.uid,
            isAdopted ? group!.Value : input.gid,
            input.size,
            Conversion.ToNanoseconds(input.atime, input.atimensec),
            Conversion.ToNanoseconds(input.mtime, input.mtimensec),
            Conversion.ToNanoseconds(input.ctime, input.ctimensec));
    }

    private static SetAttrMask Map(FuseSetAttrValid valid, FuseSetAttrValid bit, SetAttrMask mask) => (valid & bit) != 0 ? mask : SetAttrMask.None;
}
