using System.Runtime.InteropServices;
using System.Text;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.Simulator.Cluster;

namespace SealFs.Simulator.Workload;

/// <summary>
/// The messages that the file system sends for what an application does, and what their answers mean. One thread of a client: one operation at a time, each with a number
/// of its own in a slot of the thread's own.
/// </summary>
internal sealed class FileOperations
{
    public const int BlockBytes = 512;

    /// <summary>The smallest that a server takes.</summary>
    private const uint PageBytes = 4096;

    private const ulong EndPosition = 1UL << 63;
    private const int PartitionOffset = 8;
    private const int LinkPartitionOffset = 16;
    private const int RenameTargetPartitionOffset = 20;
    private const uint FileMode = InodeAttributes.TypeRegular | 0x1A4;
    private const uint DirectoryMode = InodeAttributes.TypeDirectory | 0x1ED;

    private readonly SimulatedClient _client;
    private readonly ClusterRouter _router;
    private readonly RoutedCall _call;
    private readonly int _slot;
    private readonly ulong _chunkBytes;
    private readonly byte[] _buffer = GC.AllocateArray<byte>(BlockBytes, pinned: true);
    private ulong _unique;

    public FileOperations(SimulatedClient client, int slot)
    {
        _client = client;
        _router = client.Router!;
        _call = _router.NewCall();
        _slot = slot;
        _chunkBytes = client.Session!.Volume.ChunkSizeBytes;
        _unique = (ulong)slot << 40;
    }

    /// <summary>Something that the last write asked for was asked for more than once.</summary>
    public bool WasRepeated { get; private set; }

    public async Task<(Errno Status, ulong Inode, bool IsDirectory)> CreateAsync(InodeId directory, string name, ulong openStamp)
    {
        var flags = CreateFlags.Exclusive | (openStamp != 0 ? CreateFlags.Open : CreateFlags.None);
        Encode(() => new CreateRequest { Directory = directory, Mode = FileMode, Flags = flags, OpenStamp = openStamp, Name = Bytes(name) });
        return Added(directory, await _call.SendAddingAsync(Opcode.Create, directory, Bytes(name), PartitionOffset));
    }

    public async Task<(Errno Status, ulong Inode, bool IsDirectory)> MkdirAsync(InodeId directory, string name)
    {
        Encode(() => new MkdirRequest { Directory = directory, Mode = DirectoryMode, Name = Bytes(name) });
        return Added(directory, await _call.SendAddingAsync(Opcode.Mkdir, directory, Bytes(name), PartitionOffset));
    }

    public async Task<(Errno Status, ulong Inode, bool IsDirectory)> LookupAsync(InodeId directory, string name)
    {
        if (_router.Names.IsAbsent(directory, PlacementHash.Name(Bytes(name))))
            return (Errno.ENOENT, 0, false);
        Encode(() => new LookupRequest { Directory = directory, Name = Bytes(name) });
        return EntryOf(await _call.SendNamedAsync(Opcode.Lookup, directory, Bytes(name), PartitionOffset, mutation: false));
    }

    public async Task<Errno> RemoveAsync(Opcode opcode, InodeId directory, string name)
    {
        Encode(() => new RemoveRequest { Directory = directory, Name = Bytes(name) });
        using var answer = await _call.SendNamedAsync(opcode, directory, Bytes(name), PartitionOffset, mutation: true);
        return answer.Status;
    }

    public async Task<Errno> RenameAsync(InodeId source, string sourceName, InodeId target, string targetName)
    {
        Encode(() => new RenameRequest
        {
            SourceDirectory = source,
            TargetDirectory = target,
            SourceName = Bytes(sourceName),
            TargetName = Bytes(targetName),
        });
        _call.SetSecondName(target, Bytes(targetName), RenameTargetPartitionOffset);
        using var answer = await _call.SendNamedAsync(Opcode.Rename, source, Bytes(sourceName), PartitionOffset, mutation: true);
        _call.Added(target);
        return answer.Status;
    }

    public async Task<Errno> LinkAsync(InodeId inode, InodeId directory, string name)
    {
        Encode(() => new LinkRequest { Inode = inode, Directory = directory, Name = Bytes(name) });
        using var answer = await _call.SendAddingAsync(Opcode.Link, directory, Bytes(name), LinkPartitionOffset);
        _call.Added(directory);
        return answer.Status;
    }

    /// <summary>fsync of a directory, or of a file that has nothing in other shards.</summary>
    public async Task<Errno> SyncAsync(InodeId inode)
    {
        Encode(() => new FsyncRequest(inode, false));
        using var answer = await _call.SendAsync(Opcode.Fsync, inode.Shard);
        return answer.Status;
    }

    public async Task<Errno> OpenAsync(InodeId inode, ulong stamp)
    {
        Encode(() => new OpenRequest(inode, OpenFlags.None, stamp, 0));
        using var answer = await _call.SendAsync(Opcode.Open, inode.Shard);
        return answer.Status;
    }

    /// <summary>Everything in a directory, partition by partition, as a mount reads it.</summary>
    public async Task<(Errno Status, List<ListedEntry> Entries)> ListAsync(InodeId directory)
    {
        var entries = new List<ListedEntry>();
        for (var position = 0UL; position + 1 < EndPosition;)
        {
            var after = position;
            Encode(() => new ReadDirRequest(directory, default, after, PageBytes, ReadDirFlags.None));
            using var answer = await _call.SendPositionedAsync(Opcode.ReadDir, directory, position + 1, PartitionOffset);
            var status = answer.TryRead(out ReadDirReply reply);
            if (status != Errno.None)
                return (status, entries);
            var partition = _call.Partition;
            _router.Partitions.Learn(directory, partition, reply.Depth);
            position = Math.Max(position, Take(answer.Payload, entries));
            if (reply.End)
                position = DirectoryPosition.EndOfRange(partition, reply.Depth) - 1;
        }

        return (Errno.None, entries);
    }

    /// <summary>Chunk 0 takes its size with the data; for the others a commit follows, as write-behind does it.</summary>
    public async Task<Errno> WriteAsync(InodeId inode, ulong offset, ulong value)
    {
        MemoryMarshal.Cast<byte, ulong>(_buffer.AsSpan()).Fill(value);
        var chunk = new ChunkIndex(offset / _chunkBytes);
        var flags = chunk.Value == 0 ? WriteFlags.Commit : WriteFlags.None;
        var size = offset + BlockBytes;
        Encode(() => new WriteRequest(inode, chunk, (uint)(offset % _chunkBytes), flags, size, NowNs()));
        _call.SetPayload(Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0), BlockBytes);
        WriteReply reply;
        Errno status;
        using (var answer = await _call.SendAsync(Opcode.Write, PlacementHash.Chunk(inode, chunk, _router.ShardCount)))
            status = answer.TryRead(out reply);
        WasRepeated = _call.WasRepeated;
        if (status != Errno.None || chunk.Value == 0)
            return status;
        Encode(() => new CommitWriteRequest(inode, size, NowNs(), WriteFlags.None, reply.AllocatedDeltaBytes));
        using var committed = await _call.SendAsync(Opcode.CommitWrite, inode.Shard);
        return committed.Status;
    }

    /// <summary>The value of a block; a block that is not all of one value is a torn one.</summary>
    public async Task<(Errno Status, ulong Value, bool IsTorn)> ReadAsync(InodeId inode, ulong offset)
    {
        var chunk = new ChunkIndex(offset / _chunkBytes);
        Encode(() => new ReadRequest(inode, chunk, (uint)(offset % _chunkBytes), BlockBytes));
        using var answer = await _call.SendAsync(Opcode.Read, PlacementHash.Chunk(inode, chunk, _router.ShardCount));
        if (answer.Status != Errno.None)
            return (answer.Status, 0, false);
        var block = new byte[BlockBytes];
        answer.Payload.CopyTo(block);
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        return (Errno.None, words[0], words.ContainsAnyExcept(words[0]));
    }

    public async Task<Errno> TruncateAsync(InodeId inode)
    {
        Encode(() => new SetAttrRequest(inode, SetAttrMask.Size | SetAttrMask.ModifyTimeNow, 0, 0, 0, 0, 0, 0, 0));
        using var answer = await _call.SendMutationAsync(Opcode.SetAttr, inode.Shard);
        return answer.Status;
    }

    private static byte[] Bytes(string name) => Encoding.ASCII.GetBytes(name);

    /// <summary>The position of the last entry.</summary>
    private static ulong Take(ReadOnlySpan<byte> page, List<ListedEntry> entries)
    {
        var reader = new WireReader(page);
        var last = 0UL;
        while (reader.Remaining > 0 && DirectoryEntry.TryRead(ref reader, out var entry))
        {
            entries.Add(new ListedEntry(Encoding.ASCII.GetString(entry.Name), entry.Inode.Value, (entry.Mode & InodeAttributes.TypeMask) == InodeAttributes.TypeDirectory));
            last = entry.Position;
        }

        return last;
    }

    private (Errno Status, ulong Inode, bool IsDirectory) Added(InodeId directory, Answer answer)
    {
        answer.TryRead(out EntryReply reply);
        _call.Added(directory, reply.Lease);
        return EntryOf(answer);
    }

    private static (Errno Status, ulong Inode, bool IsDirectory) EntryOf(Answer answer)
    {
        using (answer)
        {
            var status = answer.TryRead(out EntryReply reply);
            return (status, reply.Attributes.Inode.Value, reply.Attributes.IsDirectory);
        }
    }

    private void Encode<T>(Message<T> message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        _call.Begin(++_unique, _slot);
        _call.Encode(message());
    }

    private long NowNs() => (_client.Process.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private delegate T Message<T>()
        where T : allows ref struct;
}
