using System.Collections.Concurrent;
using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Routing;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>A client that is told where shards are by hints alone: its own map is the first one. It sends again what was not answered.</summary>
internal sealed class MoveClient : IAsyncDisposable
{
    private readonly MoveCluster _cluster;
    private readonly ConcurrentDictionary<NodeId, RpcConnection> _connections = new();
    private readonly ConcurrentDictionary<ShardId, EpochHint> _whereabouts = new();
    private long _sequence;

    public MoveClient(MoveCluster cluster)
    {
        _cluster = cluster;
        Session = new SessionId((ulong)Random.Shared.NextInt64(1L << 33, long.MaxValue));
    }

    public SessionId Session { get; }

    /// <summary>Answers that came for a request that was sent more than once.</summary>
    public int Resent { get; private set; }

    public int Hints { get; private set; }

    public Sequence NextSequence() => new((ulong)Interlocked.Increment(ref _sequence));

    public async Task<(Errno Status, InodeAttributes Attributes)> CreateAsync(InodeId directory, string name, ulong stamp = 0)
    {
        var body = RawBody.Of(new CreateRequest
        {
            Directory = directory,
            Mode = InodeAttributes.TypeRegular | 0x1A4,
            Flags = stamp == 0 ? CreateFlags.Exclusive : CreateFlags.Exclusive | CreateFlags.Open,
            OpenStamp = stamp,
            Name = Encoding.UTF8.GetBytes(name),
        });
        var answer = await CallAsync(Opcode.Create, directory.Shard, body, mutation: true);
        return answer.TryRead<EntryReply>(out var reply) ? (answer.Status, reply.Attributes) : (answer.Status, default);
    }

    public async Task<(Errno Status, InodeAttributes Attributes)> MkdirAsync(InodeId directory, string name)
    {
        var body = RawBody.Of(new MkdirRequest { Directory = directory, Mode = 0x1FF, Name = Encoding.UTF8.GetBytes(name) });
        var answer = await CallAsync(Opcode.Mkdir, directory.Shard, body, mutation: true);
        return answer.TryRead<EntryReply>(out var reply) ? (answer.Status, reply.Attributes) : (answer.Status, default);
    }

    public async Task<(Errno Status, InodeAttributes Attributes)> LookupAsync(InodeId directory, string name)
    {
        var answer = await CallAsync(
            Opcode.Lookup, directory.Shard, RawBody.Of(new LookupRequest { Directory = directory, Name = Encoding.UTF8.GetBytes(name) }), mutation: false);
        return answer.TryRead<EntryReply>(out var reply) ? (answer.Status, reply.Attributes) : (answer.Status, default);
    }

    public async Task<Errno> UnlinkAsync(InodeId directory, string name) => (await CallAsync(
        Opcode.Unlink, directory.Shard, RawBody.Of(new RemoveRequest { Directory = directory, Name = Encoding.UTF8.GetBytes(name) }), mutation: true)).Status;

    public async Task<Errno> RenameAsync(InodeId source, string name, InodeId target, string newName) => (await CallAsync(
        Opcode.Rename,
        source.Shard,
        RawBody.Of(new RenameRequest
        {
            SourceDirectory = source,
            SourceName = Encoding.UTF8.GetBytes(name),
            TargetDirectory = target,
            TargetName = Encoding.UTF8.GetBytes(newName),
        }),
        mutation: true)).Status;

    public async Task<(Errno Status, InodeAttributes Attributes)> GetAttrAsync(InodeId inode)
    {
        var answer = await CallAsync(Opcode.GetAttr, inode.Shard, RawBody.Of(new InodeRequest(inode)), mutation: false);
        return answer.TryRead<AttributesReply>(out var reply) ? (answer.Status, reply.Attributes) : (answer.Status, default);
    }

    public async Task<Errno> SetSizeAsync(InodeId inode, ulong size) => (await CallAsync(
        Opcode.SetAttr, inode.Shard, RawBody.Of(new SetAttrRequest(inode, SetAttrMask.Size, 0, 0, 0, size, 0, 0, 0)), mutation: true)).Status;

    public async Task<Errno> RangeAsync(InodeId inode, ChunkIndex chunk, ChunkRangeOperation operation, uint offset, uint length) => (await CallAsync(
        Opcode.ChunkRange,
        PlacementHash.Chunk(inode, chunk, _cluster.Shards),
        RawBody.Of(new ChunkRangeRequest(inode, chunk, operation, offset, length)),
        mutation: false)).Status;

    /// <summary>Within one chunk.</summary>
    public async Task<Errno> WriteAsync(InodeId inode, ulong offset, byte[] bytes)
    {
        var chunk = new ChunkIndex(offset / MoveCluster.ChunkBytes);
        var start = (uint)(offset % MoveCluster.ChunkBytes);
        var isFirst = chunk.Value == 0;
        var write = new WriteRequest(inode, chunk, start, isFirst ? WriteFlags.Commit : WriteFlags.None, isFirst ? offset + (ulong)bytes.Length : 0, 1234);
        var answer = await CallAsync(Opcode.Write, PlacementHash.Chunk(inode, chunk, _cluster.Shards), RawBody.Of(write), mutation: false, bytes);
        if (answer.Status != Errno.None || isFirst)
            return answer.Status;
        Assert.True(answer.TryRead<WriteReply>(out var reply));
        var commit = new CommitWriteRequest(inode, offset + (ulong)bytes.Length, 1234, WriteFlags.None, reply.AllocatedDeltaBytes);
        return (await CallAsync(Opcode.CommitWrite, inode.Shard, RawBody.Of(commit), mutation: false)).Status;
    }

    /// <summary>Within one chunk; what lies behind the chunk's data is zeros.</summary>
    public async Task<(Errno Status, byte[] Bytes)> ReadAsync(InodeId inode, ulong offset, int length)
    {
        var chunk = new ChunkIndex(offset / MoveCluster.ChunkBytes);
        var read = new ReadRequest(inode, chunk, (uint)(offset % MoveCluster.ChunkBytes), (uint)length);
        var answer = await CallAsync(Opcode.Read, PlacementHash.Chunk(inode, chunk, _cluster.Shards), RawBody.Of(read), mutation: false);
        var bytes = new byte[length];
        answer.Payload.CopyTo(bytes, 0);
        return (answer.Status, bytes);
    }

    /// <summary>As a client's batch of closes: to a node, once.</summary>
    public async Task CloseAsync(NodeId node, OpenReference reference)
    {
        var payload = new byte[OpenReference.WireSize];
        var writer = new WireWriter(payload);
        reference.Write(ref writer);
        var call = new RpcCall { Opcode = Opcode.Close, Session = Session, Volume = MoveCluster.Volume };
        using var response = await ConnectionTo(node).CallAsync(in call, default(EmptyMessage), new Payload(payload));
        Assert.Equal(Errno.None, response.Status);
    }

    /// <summary>One request, sent again until it is answered: a lost connection is followed by a copy that says so.</summary>
    public Task<ShardAnswer> CallAsync(Opcode opcode, ShardId shard, RawBody body, bool mutation, byte[]? payload = null) =>
        CallAsync(opcode, shard, body, mutation ? NextSequence() : default, resent: false, payload);

    public async Task<ShardAnswer> CallAsync(Opcode opcode, ShardId shard, RawBody body, Sequence sequence, bool resent, byte[]? payload = null)
    {
        var deadline = Environment.TickCount64 + 60_000;
        for (var tries = 0; ; tries++)
        {
            var first = _cluster.Manager.Map;
            var where = _whereabouts.GetOrAdd(shard, id => new EpochHint(first.EpochOf(id), first.PrimaryOf(id)));
            var call = new RpcCall
            {
                Opcode = opcode,
                Shard = shard,
                Epoch = where.Epoch,
                Session = Session,
                Sequence = sequence,
                Slot = (ushort)(sequence.Value & 0x3FF),
                Volume = MoveCluster.Volume,
                Resent = resent || tries > 0,
                TimeoutMs = 20_000,
            };
            using var response = await ConnectionTo(where.Primary).CallAsync(in call, in body, new Payload(payload ?? []));
            if (response.Status is not (Errno.Busy or Errno.Disconnected or Errno.ETIMEDOUT or Errno.WrongEpoch))
            {
                Resent += tries > 0 ? 1 : 0;
                return new ShardAnswer(response.Status, response.Body.ToArray(), response.Payload.ToArray());
            }

            if (Environment.TickCount64 > deadline)
                throw new TimeoutException($"{opcode} was not answered: {response.Status}");
            if (response.Status == Errno.WrongEpoch && response.Body.Length > 0)
            {
                var hint = response.Read<EpochHint>();
                if (hint.Epoch.Value > where.Epoch.Value)
                {
                    Hints++;
                    _whereabouts[shard] = hint;
                    continue;
                }
            }

            // As a client's map watcher would, a little later.
            await Task.Delay(Random.Shared.Next(1, 10));
            var map = _cluster.Manager.Map;
            if (map.EpochOf(shard).Value > where.Epoch.Value)
                _whereabouts[shard] = new EpochHint(map.EpochOf(shard), map.PrimaryOf(shard));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    private RpcConnection ConnectionTo(NodeId node) => _connections.GetOrAdd(
        node, id => new RpcConnection(RpcEndpoint.Unix(_cluster.Manager.SocketOf(id)), new RpcClientOptions { Hello = WriteHello }));

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt)
    {
        var claims = new SessionClaims(Session, MoveCluster.Volume, TokenAccess.ReadWrite, DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds()) { Number = 1 };
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Attempt = attempt,
            Role = PeerRole.Client,
            Session = Session,
            Token = SessionToken.Create(MoveCluster.TokenKey, claims),
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }
}
