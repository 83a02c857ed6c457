using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>FUSE_STATFS (df shows the quota as the size, and as available what the disks can take of it), FUSE_READLINK, FUSE_SYNCFS and FUSE_IOCTL (see <see cref="VolumeControl"/>). FUSE_ACCESS is not needed: the kernel checks permissions (default_permissions).</content>
internal sealed partial class SealFileSystem
{
    private const uint StatBlockBytes = 4096;

    /// <summary>An ioctl(2) that is not known.</summary>
    private const Errno Enotty = (Errno)25;

    public override void StatFs(FuseRequest request) => StatFsAsync(Begin(request), request);

    public override void ReadLink(FuseRequest request) => ReadLinkAsync(Begin(request), request);

    public override void SyncFs(FuseRequest request) => SyncFsAsync(request);

    public override void Ioctl(FuseRequest request, in fuse_ioctl_in input)
    {
        if (input.cmd == VolumeControl.SyncVolume)
            SyncByIoctlAsync(request);
        else
            Fail(request, Enotty);
    }

    private async Detached StatFsAsync(RoutedCall call, FuseRequest request)
    {
        call.Encode(new EmptyMessage());
        using var answer = await call.SendAsync(Opcode.StatVolume, PlacementHash.Volume(_router.Volume, _router.ShardCount));
        var status = answer.TryRead(out StatVolumeReply reply);
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        var freeBytes = reply.TotalBytes - Math.Min(reply.UsedBytes, reply.TotalBytes);

        // There is one number of free inodes, and it shall be true: where the disks have less room than the quota leaves, the total is shown smaller.
        var statistics = new fuse_kstatfs
        {
            blocks = reply.TotalBytes / StatBlockBytes,
            bfree = freeBytes / StatBlockBytes,
            bavail = reply.AvailableBytes / StatBlockBytes,
            files = reply.UsedInodes + reply.AvailableInodes,
            ffree = reply.AvailableInodes,
            bsize = StatBlockBytes,
            frsize = StatBlockBytes,
            namelen = FileName.MaxLength,
        };
        request.ReplyStatFs(in statistics);
    }

    private async Detached ReadLinkAsync(RoutedCall call, FuseRequest request)
    {
        var inode = InodeOf(request.NodeId);
        call.Encode(new InodeRequest(inode));
        using var answer = await call.SendAsync(Opcode.ReadLink, inode.Shard);
        if (answer.Succeeded)
            request.ReplyBytes(answer.Payload);
        else
            Fail(request, answer.Status);
    }

    private async Detached SyncFsAsync(FuseRequest request) => Fail(request, await _writeBack.SyncVolumeAsync(request));

    private async Detached SyncByIoctlAsync(FuseRequest request)
    {
        var status = await _writeBack.SyncVolumeAsync(request);
        if (status == Errno.None)
            request.ReplyIoctl(0, default);
        else
            Fail(request, status);
    }
}
