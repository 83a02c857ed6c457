using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>
/// Extended attributes. POSIX ACLs are not kept: they would be shown and not enforced, so their names are refused as on a file system without them.
/// </content>
internal sealed partial class SealFileSystem
{
    private static ReadOnlySpan<byte> AclPrefix => "system.posix_acl_"u8;

    public override void GetXattr(FuseRequest request, in fuse_getxattr_in input, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith(AclPrefix))
            Fail(request, Errno.EOPNOTSUPP);
        else
            GetXattrAsync(Begin(request), request);
    }

    public override void ListXattr(FuseRequest request, in fuse_getxattr_in input) => ListXattrAsync(Begin(request), request);

    public override void SetXattr(FuseRequest request, in fuse_setxattr_in input, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith(AclPrefix))
            Fail(request, Errno.EOPNOTSUPP);
        else if (request.DataLength > Limits.XattrBytes)
            Fail(request, Errno.E2BIG);
        else
            ChangeXattrAsync(Begin(request), request, Opcode.SetXattr, input.flags);
    }

    public override void RemoveXattr(FuseRequest request, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith(AclPrefix))
            Fail(request, Errno.EOPNOTSUPP);
        else
            ChangeXattrAsync(Begin(request), request, Opcode.RemoveXattr, 0);
    }

    private async Detached GetXattrAsync(RoutedCall call, FuseRequest request)
    {
        var inode = InodeOf(request.NodeId);
        call.Encode(new XattrRequest { Inode = inode, Name = request.Name });
        using var answer = await call.SendAsync(Opcode.GetXattr, inode.Shard);
        if (answer.Status == Errno.ENOENT && TryGetRemovedDirectory(request, out _))
            Fail(request, Errno.ENODATA);
        else
            ReplyValue(request, in answer);
    }

    private async Detached ListXattrAsync(RoutedCall call, FuseRequest request)
    {
        var inode = InodeOf(request.NodeId);
        call.Encode(new InodeRequest(inode));
        using var answer = await call.SendAsync(Opcode.ListXattr, inode.Shard);
        if (answer.Status != Errno.ENOENT || !TryGetRemovedDirectory(request, out _))
            ReplyValue(request, in answer);
        else if (request.In<fuse_getxattr_in>().size == 0)
            request.ReplyXattrSize(0);
        else
            request.ReplyBytes(default);
    }

    private static void ReplyValue(FuseRequest request, in Answer answer)
    {
        var room = request.In<fuse_getxattr_in>().size;
        if (!answer.Succeeded)
            Fail(request, answer.Status);
        else if (room == 0)
            request.ReplyXattrSize((uint)answer.PayloadLength);
        else if (answer.PayloadLength > room)
            Fail(request, Errno.ERANGE);
        else
            request.ReplyBytes(answer.Payload);
    }

    private async Detached ChangeXattrAsync(RoutedCall call, FuseRequest request, Opcode opcode, uint flags)
    {
        var inode = InodeOf(request.NodeId);
        call.Encode(new XattrRequest { Inode = inode, Flags = flags, Name = request.Name });
        SetValue(call, request);
        using var answer = await call.SendMutationAsync(opcode, inode.Shard);
        if (answer.Succeeded)
            NoteXattrChanged(inode);
        NoteUnsynced(inode, in answer);
        Fail(request, answer.Status);
    }

    private static unsafe void SetValue(RoutedCall call, FuseRequest request)
    {
        if (request.DataLength > 0)
            call.SetPayload((nint)request.Data, request.DataLength);
    }

    /// <summary>The change time moved, and with it the version.</summary>
    private void NoteXattrChanged(InodeId inode)
    {
        _ahead.Changes.Note(inode);
        _directories.Remove(inode);
    }
}
