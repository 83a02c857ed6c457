using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Purge;
using SealFs.StorageNode.Quota;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Chunks;
using SealFs.StorageNode.Tests.Engine;
using SealFs.StorageNode.Tests.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Files;

/// <summary>A node without sockets and without a manager: real operations over a real engine and real chunk files, restarted at will.</summary>
internal sealed class FileRig : IDisposable
{
    public const uint Shards = 8;
    public static readonly VolumeId Volume = new(1);
    public static readonly ShardId Home = new(3);

    private readonly TemporaryDirectory? _owned;
    private readonly string _directory;
    private readonly FakeSource _source = new();
    private readonly Session _administrator = new(new SessionId(79), PeerRole.Admin, Volume, true, 1);
    private ulong _sequence;

    public FileRig(uint chunkBytes = 4 * 1024 * 1024, uint inlineLimit = 16 * 1024, bool background = false, string? directory = null)
    {
        _owned = directory is null ? new TemporaryDirectory() : null;
        _directory = directory ?? _owned!.Directory;
        ChunkBytes = chunkBytes;
        VolumeState = new VolumeState { Id = Volume, ChunkSizeBytes = chunkBytes, InlineLimitBytes = inlineLimit };
        Background = background;
        Start();
    }

    /// <summary>Who asks.</summary>
    public Session Session { get; set; } = SessionOf(77);

    public uint ChunkBytes { get; }

    public VolumeState VolumeState { get; set; }

    public bool Background { get; }

    public MisbehavingDevice Device { get; } = new();

    /// <summary>The metadata engine, which fails on request.</summary>
    public FailingEngine Engine { get; private set; } = null!;

    public NodeContext Node { get; private set; } = null!;

    public FileData Data { get; private set; } = null!;

    public string DataDirectory => Path.Combine(_directory, "data");

    public long UsedBytes => Node.Usage(Volume).UsedBytes;

    public FakeSource Source => _source;

    public void Restart(bool orderly = true, Action? between = null)
    {
        Stop(orderly);
        between?.Invoke();
        Start();
    }

    public static Session SessionOf(ulong id) => new(new SessionId(id), PeerRole.Client, Volume, false, 1);

    public InodeId CreateFile()
    {
        var shard = Node.Shards.Find(Home)!;
        using (shard.Enter())
        {
            var mutation = shard.Begin(Volume);
            var row = new InodeRow { Attributes = new InodeAttributes { Inode = mutation.NewInode(), Mode = 0x81A4, LinkCount = 1, Version = 1, BirthTimeNs = Node.NowNs } };
            mutation.PutInode(in row);
            mutation.AddUsage(0, 1);
            mutation.Commit();
            return row.Id;
        }
    }

    public InodeRow Row(InodeId inode)
    {
        var shard = Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
            return shard.Begin(Volume).TryGetInode(inode, out var row) ? row : default;
    }

    /// <summary>What an unlink of the last name does.</summary>
    public void Delete(InodeId inode)
    {
        var shard = Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
        {
            var mutation = shard.Begin(Volume);
            Assert.True(mutation.TryGetInode(inode, out var row));
            Node.Contents.StageRemoval(mutation, in row);
            mutation.DeleteInode(inode);
            mutation.AddUsage(0, -1);
            mutation.Commit();
            Node.Contents.Removed();
        }
    }

    public Errno Send<T>(Opcode opcode, ShardId shard, in T body, ReadOnlySpan<byte> payload = default)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        Post(_source, opcode, shard, in body, payload);
        return _source.Wait();
    }

    public void Post<T>(FakeSource source, Opcode opcode, ShardId shard, in T body, ReadOnlySpan<byte> payload = default)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var session = opcode is Opcode.ScanShard or Opcode.ScanChunks ? _administrator : Session;
        var header = new FrameHeader
        {
            Opcode = opcode,
            Session = session.Id,
            Volume = Volume,
            Shard = shard,
            Epoch = new Epoch(1),
            BodyLength = (uint)body.Size,
            PayloadLength = (uint)payload.Length,
        };
        if (opcode == Opcode.SetAttr)
            header.Sequence = new Sequence(++_sequence);
        source.Prepare(header, in body, payload);
        Node.Dispatcher.Dispatch(source, session);
    }

    public T Answer<T>()
        where T : struct, IWireMessage<T>
    {
        var reader = new WireReader(_source.AnswerBody);
        Assert.True(T.TryRead(ref reader, out var message));
        return message;
    }

    /// <summary>Writes as a client does: chunk by chunk, committing with the only chunk or afterwards.</summary>
    public Errno Write(InodeId inode, ulong offset, ReadOnlySpan<byte> data)
    {
        var size = offset + (ulong)data.Length;
        long allocated = 0;
        var single = offset / ChunkBytes == 0 && size <= ChunkBytes;
        while (!data.IsEmpty)
        {
            var chunk = new ChunkIndex(offset / ChunkBytes);
            var start = (uint)(offset % ChunkBytes);
            var length = (int)Math.Min((uint)data.Length, ChunkBytes - start);
            var write = new WriteRequest(inode, chunk, start, single ? WriteFlags.Commit : WriteFlags.None, single ? size : 0, 1234);
            var error = Send(Opcode.Write, PlacementHash.Chunk(inode, chunk, Shards), in write, data[..length]);
            if (error != Errno.None)
                return error;
            allocated += Answer<WriteReply>().AllocatedDeltaBytes;
            data = data[length..];
            offset += (uint)length;
        }

        return single ? Errno.None : Send(Opcode.CommitWrite, inode.Shard, new CommitWriteRequest(inode, size, 1234, WriteFlags.None, allocated));
    }

    /// <summary>Reads as a client does: what a chunk does not have is zeros below the size.</summary>
    public (Errno Error, byte[] Data) Read(InodeId inode, ulong offset, int length)
    {
        var size = Row(inode).Attributes.SizeBytes;
        var result = new byte[offset >= size ? 0 : (int)Math.Min((ulong)length, size - offset)];
        for (var done = 0; done < result.Length;)
        {
            var chunk = new ChunkIndex((offset + (ulong)done) / ChunkBytes);
            var start = (uint)((offset + (ulong)done) % ChunkBytes);
            var part = (int)Math.Min(result.Length - done, ChunkBytes - start);
            var error = Send(Opcode.Read, PlacementHash.Chunk(inode, chunk, Shards), new ReadRequest(inode, chunk, start, (uint)part));
            if (error != Errno.None)
                return (error, []);
            _source.AnswerPayload.CopyTo(result.AsSpan(done));
            done += part;
        }

        return (Errno.None, result);
    }

    public Errno SetSize(InodeId inode, ulong size) =>
        Send(Opcode.SetAttr, inode.Shard, new SetAttrRequest(inode, SetAttrMask.Size, 0, 0, 0, size, 0, 0, 0));

    public Errno Range(InodeId inode, ChunkIndex chunk, ChunkRangeOperation operation, uint offset, uint length) =>
        Send(Opcode.ChunkRange, PlacementHash.Chunk(inode, chunk, Shards), new ChunkRangeRequest(inode, chunk, operation, offset, length));

    public Errno Release(InodeId inode, ChunkIndex chunk, ulong blocks) =>
        Send(Opcode.ChunkRange, ShardOf(inode, chunk), new ChunkRangeRequest(inode, chunk, ChunkRangeOperation.Release, 0, 0, blocks));

    public ShardId ShardOf(InodeId inode, ChunkIndex chunk) => PlacementHash.Chunk(inode, chunk, Shards);

    /// <summary>A write to chunk 0 that is answered when it is on the disk.</summary>
    public Errno WriteAndSync(InodeId inode, uint offset, ReadOnlySpan<byte> data)
    {
        var size = offset + (ulong)data.Length;
        return Send(Opcode.Write, inode.Shard, new WriteRequest(inode, default, offset, WriteFlags.Commit | WriteFlags.Sync, size, 1234), data);
    }

    public Errno Fsync(InodeId inode) => Send(Opcode.Fsync, inode.Shard, new FsyncRequest(inode, false));

    /// <summary>Without those that only wait for the log to be removed.</summary>
    public int ChunkFiles()
    {
        WaitForLeftovers();
        return Directory.Exists(Path.Combine(DataDirectory, "1")) ? Directory.EnumerateFiles(Path.Combine(DataDirectory, "1"), "*", SearchOption.AllDirectories).Count() : 0;
    }

    /// <summary>What the first half of a cut leaves when the node is killed before the second.</summary>
    public void InterruptCut(InodeId inode, ulong size, ChunkIndex first, ChunkIndex last)
    {
        var shard = Node.Shards.Find(inode.Shard)!;
        using (shard.Enter())
        {
            var mutation = shard.Begin(Volume);
            Assert.True(mutation.TryGetInode(inode, out var row));
            row.Attributes.SizeBytes = size;
            mutation.PutInode(in row);
            new PurgeRow(PurgeKind.Cut, first, last, 0).Put(mutation, inode);
            mutation.Commit();
        }
    }

    /// <summary>Until the purger has nothing left to do.</summary>
    public void WaitForPurge()
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (Data.Purge.Pending > 0)
        {
            Assert.True(DateTime.UtcNow < deadline, "the purger does not end");
            Thread.Yield();
        }

        WaitForLeftovers();
    }

    /// <summary>Until nothing waits for the log to be destroyed.</summary>
    private void WaitForLeftovers()
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (Data.Chunks.Leftovers > 0)
        {
            Assert.True(DateTime.UtcNow < deadline, "what was removed stays");
            Thread.Sleep(1);
        }
    }

    public void Dispose()
    {
        Stop(orderly: true);
        _source.Dispose();
        _owned?.Dispose();
    }

    private void Start()
    {
        var memory = new MetadataEngineOptions { CacheBytes = 32 << 20, WriteBufferBytes = 8 << 20, LogAheadBytes = Background ? 1 << 20 : 0 };
        var engine = Engine = new FailingEngine(new RocksMetadataEngine(Path.Combine(_directory, "metadata"), memory));
        var identity = new NodeIdentity { Uuid = Guid.NewGuid(), Node = new NodeId(1) };
        Node = new NodeContext(engine, identity, TimeProvider.System, NullLoggerFactory.Instance) { NameLeaseTime = TimeSpan.Zero, CrossShard = new NoCrossShard() };
        Node.Quota = new VolumeQuota(Node);
        NameOperations.Register(Node.Operations);
        Data = FileData.Attach(Node, new FileChunkStore(DataDirectory, Device), Background);
        var self = new ClusterNode(new NodeId(1), "one", "127.0.0.1:1", "", "", "", 1, NodeState.Live);
        var shards = new ShardAssignment[Shards];
        Array.Fill(shards, new ShardAssignment(new Epoch(1), ReplicaSet.Of(self.Id)));
        Node.Follow([VolumeState]);
        Node.Follow(new ClusterMap(1, Guid.NewGuid(), [self], shards));
    }

    /// <summary>Without order nothing is sealed: what the disks and the log have is what a kill leaves.</summary>
    private void Stop(bool orderly)
    {
        Data.StopAsync(seal: orderly).AsTask().GetAwaiter().GetResult();
        ((VolumeQuota)Node.Quota).Dispose();
        Node.Dispose();
        Node.Engine.Dispose();
    }
}
