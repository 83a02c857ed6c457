using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Names;

/// <summary>Files, fifos, sockets, devices and symbolic links: a dentry and an inode in one shard, and the directory's counts, in one commit.</summary>
internal static class CreateOperation
{
    private const uint TypeFifo = 0x1000;
    private const uint TypeCharacterDevice = 0x2000;
    private const uint TypeBlockDevice = 0x6000;
    private const uint TypeSocket = 0xC000;

    public static void Handle(NodeRequest request)
    {
        if (!request.TryRead<CreateRequest>(out var message) || request.ParkIfEntryLocked(message.Directory, message.Name))
            return;
        var status = Validate(request, in message);
        if (status != Errno.None)
        {
            request.Reply(status);
            return;
        }

        var mutation = request.Shard.Begin(request.Volume);
        status = DirectoryTarget.Resolve(mutation, message.Directory, message.Partition, message.Name, out var target);
        if (status != Errno.None)
            target.Refuse(request, status);
        else if (mutation.TryGetDentry(message.Directory, message.Name, out var dentry))
            AnswerExisting(request, mutation, in message, dentry);
        else if (target.IsClosing)
            request.Reply(Errno.ENOENT);
        else if (!request.Shard.Leases.MayAdd(message.Directory, request.SessionId))
            request.Reply(Errno.Busy);
        else if (MayGrow(request))
            Create(request, mutation, in message, ref target);
    }

    private static Errno Validate(NodeRequest request, in CreateRequest message) => (message.Mode & InodeAttributes.TypeMask) switch
    {
        InodeAttributes.TypeRegular or TypeFifo or TypeCharacterDevice or TypeBlockDevice or TypeSocket => Errno.None,
        InodeAttributes.TypeSymlink when request.PayloadLength == 0 => Errno.ENOENT,
        InodeAttributes.TypeSymlink when request.PayloadLength > NodeLimits.SymlinkTargetBytes => Errno.ENAMETOOLONG,
        InodeAttributes.TypeSymlink => Errno.None,
        _ => Errno.EINVAL,
    };

    private static bool MayGrow(NodeRequest request)
    {
        if (!request.Node.MetadataDiskIsFull)
            return request.Node.Quota.Admit(request, request.Volume, 0, 1);
        request.Reply(Errno.ENOSPC);
        return false;
    }

    private static void AnswerExisting(NodeRequest request, Mutation mutation, in CreateRequest message, DentryRow dentry)
    {
        if ((message.Flags & CreateFlags.Exclusive) != 0 || (dentry.Mode & InodeAttributes.TypeMask) != InodeAttributes.TypeRegular)
        {
            request.Reply(dentry.IsDirectory && (message.Flags & CreateFlags.Exclusive) == 0 ? Errno.EISDIR : Errno.EEXIST);
            return;
        }

        var status = EntryAttributes.Get(mutation, dentry, out var complete, out var attributes);
        if (status == Errno.None && complete && !TryOpen(request, mutation, in message, dentry.Inode))
            status = Errno.ENOMEM;
        if (status == Errno.None)
            request.Reply(Errno.None, new EntryReply(complete, true, attributes, false, default));
        else
            request.Reply(status);
    }

    private static void Create(NodeRequest request, Mutation mutation, in CreateRequest message, ref DirectoryTarget target)
    {
        var now = request.Node.NowNs;
        var row = NewInode(request, mutation.NewInode(), in message, now);
        if (!TryOpen(request, mutation, in message, row.Id))
        {
            request.Reply(Errno.ENOMEM);
            return;
        }

        mutation.PutInode(in row);
        mutation.PutDentry(message.Directory, message.Name, new DentryRow(row.Id, row.Attributes.Mode));
        if (row.Attributes.IsSymlink)
            PutTarget(request, mutation, row.Id);
        target.EntriesChanged(mutation, 1, 0, now);
        mutation.AddUsage(0, 1);
        var lease = target.IsSplit ? default : request.Shard.Leases.Added(message.Directory, request.SessionId, target.EntryCount);
        mutation.Commit(request, new EntryReply(true, false, row.Attributes, target.HasAttributes, target.Attributes, lease));
        mutation.EntriesAdded(message.Directory, message.Partition, target.EntryCount);
    }

    private static bool TryOpen(NodeRequest request, Mutation mutation, in CreateRequest message, InodeId inode) =>
        (message.Flags & CreateFlags.Open) == 0 || mutation.TryOpen(inode, request.SessionId, message.OpenStamp);

    private static InodeRow NewInode(NodeRequest request, InodeId inode, in CreateRequest message, long now)
    {
        var isDevice = (message.Mode & InodeAttributes.TypeMask) is TypeCharacterDevice or TypeBlockDevice;
        var isSymlink = (message.Mode & InodeAttributes.TypeMask) == InodeAttributes.TypeSymlink;
        return new InodeRow
        {
            InlineLength = isSymlink ? (uint)request.PayloadLength : 0,
            Attributes = new InodeAttributes
            {
                Inode = inode,
                Mode = message.Mode & 0xFFFF,
                LinkCount = 1,
                Uid = message.Uid,
                Gid = message.Gid,
                DeviceNumber = isDevice ? message.DeviceNumber : 0,
                SizeBytes = isSymlink ? (ulong)request.PayloadLength : 0,
                AccessTimeNs = now,
                ModifyTimeNs = now,
                ChangeTimeNs = now,
                BirthTimeNs = now,
                Version = 1,
            },
        };
    }

    private static void PutTarget(NodeRequest request, Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        mutation.Put(Table.InlineData, MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, inode), request.Payload);
    }
}
