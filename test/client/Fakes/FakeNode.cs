using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Fakes;

/// <summary>
/// A storage node that keeps files in memory and misbehaves on request: it knows Hello, Write, CommitWrite, PlaceAppend, GetAttr, Fsync and SyncVolume, says yes to everything else, records
/// what it was asked, and lets a test answer in its place.
/// </summary>
internal sealed class FakeNode : IRpcHandler, IAsyncDisposable
{
    private readonly RpcServer _server;
    private readonly Lock _gate = new();
    private readonly Dictionary<InodeId, FakeFile> _files = [];
    private readonly ulong _chunkBytes;
    private readonly ulong _incarnation;
    private readonly TaskCompletionSource _allDisconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connected;
    private int _hellos;
    private ShardId? _changed;

    public FakeNode(ulong chunkBytes, int port = 0, ulong incarnation = 1)
    {
        _chunkBytes = chunkBytes;
        _incarnation = incarnation;
        _server = new RpcServer(new RpcServerOptions { Listen = [new IPEndPoint(IPAddress.Loopback, port)], Handler = this, LoopThreads = 1 });
        _server.Start();
        Port = ((IPEndPoint)_server.Addresses[0]).Port;
    }

    public int Port { get; }

    /// <summary>Requests of workers before this generation vanish: they are dead.</summary>
    public int LeastGeneration { get; set; }

    /// <summary>Looks at a request first; true when it has dealt with it.</summary>
    public Func<RpcServerRequest, bool>? Intercept { get; set; }

    /// <summary>How Hello is answered.</summary>
    public Errno HelloStatus { get; set; }

    public int Hellos => Volatile.Read(ref _hellos);

    /// <summary>A write can ask for a sync.</summary>
    public bool KnowsSync { get; set; } = true;

    /// <summary>What the answers to writes of chunks above 0 say.</summary>
    public bool IsPending { get; set; }

    public uint Cuts { get; set; }

    public ConcurrentQueue<CommitWriteRequest> Commits { get; } = new();

    /// <summary>Of all shards; not known: the node knows nothing of verifiers.</summary>
    public WriteVerifier Verifier { get; set; }

    public ConcurrentQueue<FrameHeader> Seen { get; } = new();

    /// <summary>Somebody was connected, and nobody is any more.</summary>
    public Task AllDisconnected => _allDisconnected.Task;

    public int CountOf(Opcode opcode) => Seen.Count(header => header.Opcode == opcode);

    /// <summary>Content of a file up to its committed size.</summary>
    public byte[] Content(InodeId inode)
    {
        lock (_gate)
        {
            var file = FileOf(inode);
            var content = new byte[file.SizeBytes];
            file.Bytes.AsSpan(0, Math.Min(file.Bytes.Length, content.Length)).CopyTo(content);
            return content;
        }
    }

    /// <summary>What was written to a file, whatever its size.</summary>
    public byte[] Bytes(InodeId inode)
    {
        lock (_gate)
            return [.. FileOf(inode).Bytes];
    }

    /// <summary>What was not synced is lost; the process itself lives on, and draws new verifiers.</summary>
    public void LosePower()
    {
        lock (_gate)
        {
            Verifier = new WriteVerifier(Verifier.Value + 1);
            foreach (var file in _files.Values)
                file.LosePower();
        }
    }

    /// <summary>One shard has another verifier.</summary>
    public void LosePower(ShardId shard)
    {
        lock (_gate)
            _changed = shard;
    }

    /// <summary>Another client appends to a file, and its bytes are on the disk.</summary>
    public void AppendByOther(InodeId inode, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            var file = FileOf(inode);
            var offset = Math.Max(file.SizeBytes, file.AppendsEndBytes);
            file.Put(offset, data);
            file.Commit(offset + (uint)data.Length, 2000);
            file.AppendsEndBytes = file.SizeBytes;
        }
    }

    /// <summary>Executes a PlaceAppend whose answer nobody gets.</summary>
    public void PlaceUnheard(RpcServerRequest request)
    {
        lock (_gate)
            PlaceOf(request.Read<PlaceAppendRequest>());
    }

    /// <summary>Executes an append that comes in one request, whose answer nobody gets. False where it goes elsewhere.</summary>
    public bool AppendUnheard(RpcServerRequest request)
    {
        lock (_gate)
        {
            var write = request.Read<WriteRequest>();
            var file = FileOf(write.Inode);
            if (!IsPlace(file, in write, request.PayloadSpan.Length))
                return false;
            file.Put(write.OffsetBytes, request.PayloadSpan);
            file.Commit(write.SizeAtLeastBytes, write.ModifyTimeNs);
            return true;
        }
    }

    public void OnConnected(RpcPeer peer) => Interlocked.Increment(ref _connected);

    public void OnDisconnected(RpcPeer peer, string reason)
    {
        if (Interlocked.Decrement(ref _connected) == 0)
            _allDisconnected.TrySetResult();
    }

    public void Handle(RpcServerRequest request)
    {
        if (request.Header.Opcode == Opcode.Hello)
        {
            Interlocked.Increment(ref _hellos);
            request.Reply(HelloStatus, new HelloReply(1, new NodeId(1), _incarnation, FakeCluster.ShardCount));
            return;
        }
        Seen.Enqueue(request.Header);
        request.Verifier = VerifierOf(request.Header.Shard);
        if (Intercept?.Invoke(request) == true)
            return;
        Serve(request);
    }

    /// <summary>Answers as a good node does.</summary>
    public void Serve(RpcServerRequest request)
    {
        lock (_gate)
        {
            if (request.Header.Generation < LeastGeneration)
            {
                request.Reply(Errno.SessionRefused);
                return;
            }
            switch (request.Header.Opcode)
            {
                case Opcode.Write:
                    Write(request);
                    break;
                case Opcode.CommitWrite:
                    Commit(request);
                    break;
                case Opcode.PlaceAppend:
                    Place(request);
                    break;
                case Opcode.Fsync:
                    Fsync(request);
                    break;
                case Opcode.SyncVolume:
                    foreach (var file in _files.Values)
                        file.Sync();
                    ReplyVerifiers(request);
                    break;
                case Opcode.GetAttr:
                    request.Reply(Errno.None, new AttributesReply(FileOf(request.Read<InodeRequest>().Inode).Attributes()));
                    break;
                default:
                    request.Reply(Errno.None);
                    break;
            }
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Write(RpcServerRequest request)
    {
        var write = request.Read<WriteRequest>();
        var file = FileOf(write.Inode);
        if ((write.Flags & WriteFlags.Append) != 0 && !IsPlace(file, in write, request.PayloadSpan.Length))
        {
            request.Reply(Errno.None, new WriteReply(false, default, IsElsewhere: true));
            return;
        }
        file.Put(write.Chunk.Value * _chunkBytes + write.OffsetBytes, request.PayloadSpan);
        var isCommit = (write.Flags & WriteFlags.Commit) != 0;
        if (isCommit)
            file.Commit(write.SizeAtLeastBytes, write.ModifyTimeNs);
        var isSynced = KnowsSync && (write.Flags & WriteFlags.Sync) != 0;
        if (isSynced)
            file.Sync();
        request.Reply(Errno.None, new WriteReply(isCommit, isCommit ? file.Attributes() : default, 0, isSynced, IsPending && write.Chunk.Value != 0, write.Chunk.Value == 0 ? 0 : Cuts));
    }

    private static bool IsPlace(FakeFile file, in WriteRequest write, int length)
    {
        if (file.Runs.TryGetValue(write.Run, out var offset))
            return offset == write.OffsetBytes;
        if (Math.Max(file.SizeBytes, file.AppendsEndBytes) != write.OffsetBytes)
            return false;
        file.AppendsEndBytes = write.OffsetBytes + (uint)length;
        file.Runs.Add(write.Run, write.OffsetBytes);
        return true;
    }

    private void Place(RpcServerRequest request) => request.Reply(Errno.None, PlaceOf(request.Read<PlaceAppendRequest>()));

    /// <summary>One session: it has the place that it had before, or the next behind all that was given away.</summary>
    private PlaceAppendReply PlaceOf(PlaceAppendRequest place)
    {
        var file = FileOf(place.Inode);
        if (file.Runs.TryGetValue(place.Run, out var offset))
            return new PlaceAppendReply(offset);
        offset = Math.Max(Math.Max(file.SizeBytes, file.AppendsEndBytes), place.AtLeastBytes);
        file.AppendsEndBytes = offset + place.LengthBytes;
        file.Runs.Add(place.Run, offset);
        return new PlaceAppendReply(offset);
    }

    private void Fsync(RpcServerRequest request)
    {
        var fsync = request.Read<FsyncRequest>();
        if (!fsync.LogOnly)
            FileOf(fsync.Inode).Sync();
        ReplyVerifiers(request);
    }

    private void ReplyVerifiers(RpcServerRequest request)
    {
        var shards = MemoryMarshal.Cast<byte, uint>(request.PayloadSpan);
        var verifiers = new byte[Verifier.IsKnown ? shards.Length * sizeof(ulong) : 0];
        for (var i = 0; i < verifiers.Length / sizeof(ulong); i++)
            BinaryPrimitives.WriteUInt64LittleEndian(verifiers.AsSpan(i * sizeof(ulong)), VerifierOf(new ShardId(shards[i])).Value);
        request.Reply(Errno.None, new EmptyMessage(), verifiers);
    }

    private WriteVerifier VerifierOf(ShardId shard) => shard == _changed ? new WriteVerifier(Verifier.Value + 100) : Verifier;

    private void Commit(RpcServerRequest request)
    {
        var commit = request.Read<CommitWriteRequest>();
        var file = FileOf(commit.Inode);
        Commits.Enqueue(commit);
        file.Commit(commit.SizeAtLeastBytes, commit.ModifyTimeNs);
        request.Reply(Errno.None, new AttributesReply(file.Attributes()));
    }

    private FakeFile FileOf(InodeId inode)
    {
        if (!_files.TryGetValue(inode, out var file))
            _files[inode] = file = new FakeFile(inode);
        return file;
    }
}
