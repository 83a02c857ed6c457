using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.FileSystem;

/// <content>
/// FUSE_CREATE, FUSE_MKNOD, FUSE_SYMLINK and FUSE_MKDIR. The kernel has applied the umask; what a set-group-id directory hands down is decided here.
/// </content>
internal sealed partial class SealFileSystem
{
    private const uint SetGroupId = 0x400;
    private const uint O_EXCL = 0x80;
    private const uint O_TRUNC = 0x200;

    public override void Create(FuseRequest request, in fuse_create_in input, ReadOnlySpan<byte> name)
    {
        if (CheckName(request, name))
            CreateAsync(Begin(request), request);
    }

    public override void MkNod(FuseRequest request, in fuse_mknod_in input, ReadOnlySpan<byte> name)
    {
        if (CheckName(request, name))
            MakeAsync(Begin(request), request, input.mode, input.rdev);
    }

    public override void Symlink(FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        if (CheckName(request, name))
            MakeAsync(Begin(request), request, InodeAttributes.TypeSymlink | 0x1FF, 0);
    }

    public override void MkDir(FuseRequest request, in fuse_mkdir_in input, ReadOnlySpan<byte> name)
    {
        if (CheckName(request, name))
            MkDirAsync(Begin(request), request, input.mode);
    }

    public override void Tmpfile(FuseRequest request, in fuse_create_in input) => Fail(request, Errno.EOPNOTSUPP);

    private async Detached MakeAsync(RoutedCall call, FuseRequest request, uint mode, uint deviceNumber)
    {
        var directory = InodeOf(request.NodeId);
        var owner = await OwnerAsync(call, request, directory);
        if (owner.Status != Errno.None)
        {
            Fail(request, owner.Status);
            return;
        }
        call.Encode(new CreateRequest
        {
            Directory = directory,
            Mode = mode,
            Uid = request.Uid,
            Gid = owner.Gid,
            DeviceNumber = deviceNumber,
            Flags = CreateFlags.Exclusive,
            Name = request.Name,
        });
        SetTarget(call, request);
        using var answer = await call.SendAddingAsync(Opcode.Create, directory, request.Name, PartitionOffset);
        var status = answer.TryRead(out EntryReply reply);
        NoteUnsynced(directory, in answer);
        call.Added(directory, reply.Lease);
        _ahead.Changes.Note(directory, request.Name);
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        NoteEntry(directory, 1, 0, reply.HasDirectory, reply.Directory);
        await CompleteEntryAsync(call, request, reply);
    }

    private async Detached MkDirAsync(RoutedCall call, FuseRequest request, uint mode)
    {
        var directory = InodeOf(request.NodeId);
        var owner = await OwnerAsync(call, request, directory);
        if (owner.Status != Errno.None)
        {
            Fail(request, owner.Status);
            return;
        }
        call.Encode(new MkdirRequest
        {
            Directory = directory,
            Mode = InodeAttributes.TypeDirectory | (mode & 0xFFF) | (owner.IsInherited ? SetGroupId : 0),
            Uid = request.Uid,
            Gid = owner.Gid,
            Name = request.Name,
        });
        using var answer = await call.SendAddingAsync(Opcode.Mkdir, directory, request.Name, PartitionOffset);
        var status = answer.TryRead(out EntryReply reply);
        NoteUnsynced(directory, in answer);
        call.Added(directory, reply.Lease);
        _ahead.Changes.Note(directory, request.Name);
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        NoteEntry(directory, 1, 1, reply.HasDirectory, reply.Directory);
        await CompleteEntryAsync(call, request, reply);
    }

    private async Detached CreateAsync(RoutedCall call, FuseRequest request)
    {
        var directory = InodeOf(request.NodeId);
        var owner = await OwnerAsync(call, request, directory);
        if (owner.Status != Errno.None)
        {
            Fail(request, owner.Status);
            return;
        }
        var stamp = _arena.NextStamp();
        EncodeCreate(call, request, directory, owner.Gid, stamp);
        EntryReply reply;
        Errno status;
        using (var answer = await call.SendAddingAsync(Opcode.Create, directory, request.Name, PartitionOffset))
        {
            status = answer.TryRead(out reply);
            if (!reply.Existed)
                NoteUnsynced(directory, in answer);
        }
        call.Added(directory, reply.Lease);
        _ahead.Changes.Note(directory, request.Name);
        if (status != Errno.None)
        {
            Fail(request, status);
            return;
        }
        if (!reply.Existed)
            NoteEntry(directory, 1, 0, reply.HasDirectory, reply.Directory);
        var flags = request.In<fuse_create_in>().flags;
        var openFlags = request.In<fuse_create_in>().open_flags;
        if (!reply.Complete || (reply.Existed && (flags & O_TRUNC) != 0))
            await CreateOverExistingAsync(call, request, reply.Attributes.Inode, flags, openFlags);
        else if (request.IsResend)
            await CreateOverExistingAsync(call, request, reply.Attributes.Inode, flags & ~O_TRUNC, openFlags);
        else
            ReplyCreated(request, reply.Attributes, stamp, flags, isNew: !reply.Existed);
    }

    private static void EncodeCreate(RoutedCall call, FuseRequest request, InodeId directory, uint gid, ulong stamp)
    {
        ref readonly var input = ref request.In<fuse_create_in>();
        call.Encode(new CreateRequest
        {
            Directory = directory,
            Mode = InodeAttributes.TypeRegular | (input.mode & 0xFFF),
            Uid = request.Uid,
            Gid = gid,
            Flags = CreateFlags.Open | ((input.flags & O_EXCL) != 0 ? CreateFlags.Exclusive : CreateFlags.None),
            OpenStamp = stamp,
            Name = request.Name,
        });
    }

    /// <summary>
    /// Somebody else made the file between the kernel's lookup and its create, or a worker that died: what follows is an open. The answer to a repeated create may be an old one,
    /// and the open that it registered then has a stamp that <see cref="CloseBatcher.ReconcileAsync"/> takes for lost.
    /// </summary>
    private async ValueTask CreateOverExistingAsync(RoutedCall call, FuseRequest request, InodeId inode, uint flags, uint openFlags)
    {
        var opened = await OpenInodeAsync(call, request, inode, flags, openFlags);
        if (opened.Status != Errno.None)
        {
            Fail(request, opened.Status);
            return;
        }
        ReplyCreated(request, opened.Attributes, opened.Stamp, flags, isNew: false);
    }

    private void ReplyCreated(FuseRequest request, in InodeAttributes attributes, ulong stamp, uint flags, bool isNew)
    {
        var file = _files.Acquire(attributes.Inode);
        var isOpen = _files.TryOpen(file, stamp, request.StableUnique);
        var handle = _files.NewHandle(file, BypassesPageCache(flags, attributes.SizeBytes));
        lock (file.Gate)
        {
            if (isNew)
                file.Version = attributes.Version;
            if (!file.IsDirty)
            {
                file.SizeBytes = attributes.SizeBytes;
                file.IsSizeKnown = true;
            }
        }
        _files.Release(file);
        if (!isOpen)
        {
            Fail(request, Enfile);
            return;
        }
        var entry = EntryOf(attributes);
        var open = OpenReplyOf(handle, flags, isUnchanged: isNew);
        if (request.ReplyCreate(in entry, in open))
            NoteTold(entry.nodeid, in entry.attr);
    }

    /// <summary>The group of something new, and whether the directory handed it down (S_ISGID), which a new directory inherits too.</summary>
    private async ValueTask<(Errno Status, uint Gid, bool IsInherited)> OwnerAsync(RoutedCall call, FuseRequest request, InodeId directory)
    {
        if (_options.Group is { } group)
            return (Errno.None, group, true);
        if (!_directories.TryGet(directory, Limits.SetGroupIdAgeMs, out var attributes))
        {
            using var answer = await GetAttributesAsync(call, directory);
            var status = answer.TryRead(out AttributesReply reply);
            if (status != Errno.None)
                return (status, 0, false);
            attributes = reply.Attributes;
            _directories.Put(in attributes);
        }
        var isInherited = (attributes.Mode & SetGroupId) != 0;
        return (Errno.None, isInherited ? attributes.Gid : request.Gid, isInherited);
    }

    private static unsafe void SetTarget(RoutedCall call, FuseRequest request)
    {
        // The target lies in the request's native memory, which stays until the reply.
        var target = request.Name2;
        if (target.Length > 0)
            call.SetPayload((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(target)), target.Length);
    }
}
