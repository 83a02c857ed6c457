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

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>A client as thin as possible: it addresses shards by the map, learns partitions, and sends again what was not answered.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly TestLayout _layout;
    private readonly ClusterMap _map;
    private readonly SessionId _session = new((ulong)Random.Shared.NextInt64(1L << 33, long.MaxValue));
    private readonly ConcurrentDictionary<NodeId, RpcConnection> _connections = new();
    private long _sequence;

    public TestClient(TestLayout layout)
    {
        _layout = layout;
        _map = layout.Map();
    }

    public InodeId Root => _layout.Root;

    /// <summary>Answers that came for a request that was sent more than once.</summary>
    public int Resent { get; private set; }

    public async Task<(Errno Status, InodeAttributes Attributes)> MkdirAsync(InodeId directory, string name, uint mode = 0x1FF) =>
        await EntryAsync(directory, name, Opcode.Mkdir, partition => RawBody.Of(new MkdirRequest
        {
            Directory = directory,
            Partition = partition,
            Mode = mode,
            Name = Bytes(name),
        }));

    public async Task<(Errno Status, InodeAttributes Attributes)> CreateAsync(InodeId directory, string name) =>
        await EntryAsync(directory, name, Opcode.Create, partition => RawBody.Of(new CreateRequest
        {
            Directory = directory,
            Partition = partition,
            Mode = InodeAttributes.TypeRegular | 0x1A4,
            Flags = CreateFlags.Exclusive,
            Name = Bytes(name),
        }));

    public async Task<(Errno Status, InodeAttributes Attributes)> LinkAsync(InodeId inode, InodeId directory, string name) =>
        await EntryAsync(directory, name, Opcode.Link, partition => RawBody.Of(new LinkRequest
        {
            Inode = inode,
            Directory = directory,
            Partition = partition,
            Name = Bytes(name),
        }));

    public async Task<(Errno Status, InodeAttributes Attributes)> LookupAsync(InodeId directory, string name) =>
        await EntryAsync(directory, name, Opcode.Lookup, partition => RawBody.Of(new LookupRequest
        {
            Directory = directory,
            Partition = partition,
            Name = Bytes(name),
        }), mutation: false);

    public async Task<Errno> UnlinkAsync(InodeId directory, string name) => (await RemoveAsync(directory, name, Opcode.Unlink)).Status;

    public async Task<Errno> RmdirAsync(InodeId directory, string name) => (await RemoveAsync(directory, name, Opcode.Rmdir)).Status;

    public async Task<Errno> RenameAsync(InodeId source, string sourceName, InodeId target, string targetName, uint flags = 0)
    {
        var answer = await InPartitionAsync(source, sourceName, Opcode.Rename, true, partition => RawBody.Of(new RenameRequest
        {
            SourceDirectory = source,
            SourcePartition = partition,
            TargetDirectory = target,
            Flags = flags,
            SourceName = Bytes(sourceName),
            TargetName = Bytes(targetName),
        }));
        return answer.Status;
    }

    public async Task<(Errno Status, InodeAttributes Attributes)> GetAttrAsync(InodeId inode)
    {
        var answer = await CallAsync(Opcode.GetAttr, inode.Shard, RawBody.Of(new InodeRequest(inode)), mutation: false);
        return answer.TryRead<AttributesReply>(out var reply) ? (answer.Status, reply.Attributes) : (answer.Status, default);
    }

    /// <summary>fsync of a directory, or of a file that has nothing in other shards.</summary>
    public async Task<Errno> FsyncAsync(InodeId inode) => (await CallAsync(Opcode.Fsync, inode.Shard, RawBody.Of(new FsyncRequest(inode, false)), mutation: false)).Status;

    /// <summary>Returns when a directory's first partition has split so often.</summary>
    public async Task WaitForDepthAsync(InodeId directory, int depth)
    {
        var deadline = Environment.TickCount64 + 30_000;
        while (true)
        {
            var body = RawBody.Of(new ReadDirRequest(directory, default, 0, 4096, ReadDirFlags.None));
            var answer = await CallAsync(Opcode.ReadDir, directory.Shard, body, mutation: false);
            if (answer.TryRead<ReadDirReply>(out var reply) && reply.Depth >= depth)
                return;
            Assert.True(Environment.TickCount64 < deadline, "the directory does not split");
            await Task.Delay(2);
        }
    }

    /// <summary>The whole directory, page by page, across all its partitions.</summary>
    public async Task<List<string>> ListAsync(InodeId directory, uint pageBytes = 4096)
    {
        var names = new List<string>();
        var position = 0UL;
        var partition = default(PartitionIndex);
        while (position < 1UL << 63)
        {
            var shard = PlacementHash.Partition(directory, partition, _layout.Shards);
            var body = RawBody.Of(new ReadDirRequest(directory, partition, position == 0 ? 0 : position - 1, pageBytes, ReadDirFlags.None));
            var answer = await CallAsync(Opcode.ReadDir, shard, body, mutation: false);
            if (answer.Status == Errno.WrongPartition)
            {
                Assert.True(answer.TryRead<PartitionHint>(out var hint));
                partition = DirectoryPartitions.ForPosition(position, partition, hint.Depth);
                continue;
            }

            Assert.Equal(Errno.None, answer.Status);
            Assert.True(answer.TryRead<ReadDirReply>(out var reply));
            var holder = DirectoryPartitions.ForPosition(position, partition, reply.Depth);
            if (holder != partition)
            {
                partition = holder;
                continue;
            }

            position = Take(answer.Payload, reply.Count, names, position);
            if (reply.End)
                position = DirectoryPosition.EndOfRange(partition, reply.Depth);
            partition = reply.End ? default : partition;
        }

        return names;
    }

    /// <summary>One mkdir, sent several times at once as a client does whose connections break: the statuses and inodes of all answers.</summary>
    public async Task<List<(Errno Status, InodeId Inode)>> MkdirCopiesAsync(InodeId directory, string name, int copies)
    {
        var sequence = new Sequence((ulong)Interlocked.Increment(ref _sequence));
        var body = RawBody.Of(new MkdirRequest { Directory = directory, Mode = 0x1FF, Name = Bytes(name) });
        var calls = Enumerable.Range(0, copies).Select(async copy =>
        {
            var call = new RpcCall
            {
                Opcode = Opcode.Mkdir,
                Shard = directory.Shard,
                Epoch = _map.EpochOf(directory.Shard),
                Session = _session,
                Sequence = sequence,
                Slot = (ushort)copy,
                Volume = TestLayout.Volume,
                Resent = copy > 0,
            };
            using var response = await ConnectionTo(_layout.OwnerOf(directory.Shard)).CallAsync(in call, in body);
            return (response.Status, response.Read<EntryReply>().Attributes.Inode);
        });
        return [.. await Task.WhenAll(calls.ToList())];
    }

    /// <summary>One request, sent again until it is answered: a lost connection is followed by a copy that says so.</summary>
    public async Task<ShardAnswer> CallAsync(Opcode opcode, ShardId shard, RawBody body, bool mutation)
    {
        var sequence = mutation ? (ulong)Interlocked.Increment(ref _sequence) : 0;
        var deadline = Environment.TickCount64 + 60_000;
        for (var tries = 0; ; tries++)
        {
            var call = new RpcCall
            {
                Opcode = opcode,
                Shard = shard,
                Epoch = _map.EpochOf(shard),
                Session = _session,
                Sequence = new Sequence(sequence),
                Slot = (ushort)(sequence & 0x3FF),
                Volume = TestLayout.Volume,
                Resent = tries > 0,
                TimeoutMs = 20_000,
            };
            using var response = await ConnectionTo(_layout.OwnerOf(shard)).CallAsync(in call, in body);
            if (response.Status is not (Errno.Busy or Errno.Disconnected or Errno.ETIMEDOUT or Errno.WrongEpoch))
            {
                Resent += tries > 0 ? 1 : 0;
                return new ShardAnswer(response.Status, response.Body.ToArray(), response.Payload.ToArray());
            }

            if (Environment.TickCount64 > deadline)
                throw new TimeoutException($"{opcode} was not answered: {response.Status}");
            await Task.Delay(Random.Shared.Next(1, 20));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    private static byte[] Bytes(string name) => Encoding.UTF8.GetBytes(name);

    private static ulong Take(byte[] payload, uint count, List<string> names, ulong position)
    {
        var reader = new WireReader(payload);
        for (var index = 0u; index < count; index++)
        {
            Assert.True(DirectoryEntry.TryRead(ref reader, out var entry));
            names.Add(Encoding.UTF8.GetString(entry.Name));
            position = entry.Position + 1;
        }

        return position;
    }

    private async Task<(Errno Status, InodeAttributes Attributes)> EntryAsync(
        InodeId directory, string name, Opcode opcode, Func<PartitionIndex, RawBody> body, bool mutation = true)
    {
        var answer = await InPartitionAsync(directory, name, opcode, mutation, body);
        return answer.TryRead<EntryReply>(out var reply) ? (answer.Status, reply.Attributes) : (answer.Status, default);
    }

    private async Task<ShardAnswer> RemoveAsync(InodeId directory, string name, Opcode opcode) =>
        await InPartitionAsync(directory, name, opcode, true, partition => RawBody.Of(new RemoveRequest
        {
            Directory = directory,
            Partition = partition,
            Name = Bytes(name),
        }));

    private async Task<ShardAnswer> InPartitionAsync(
        InodeId directory, string name, Opcode opcode, bool mutation, Func<PartitionIndex, RawBody> body)
    {
        var partition = default(PartitionIndex);
        while (true)
        {
            var answer = await CallAsync(opcode, PlacementHash.Partition(directory, partition, _layout.Shards), body(partition), mutation);
            if (answer.Status != Errno.WrongPartition)
                return answer;
            Assert.True(answer.TryRead<PartitionHint>(out var hint));
            partition = DirectoryPartitions.Correct(PlacementHash.Name(Bytes(name)), partition, hint.Depth);
        }
    }

    private RpcConnection ConnectionTo(NodeId node) => _connections.GetOrAdd(
        node, id => new RpcConnection(RpcEndpoint.Unix(_layout.SocketPath(id)), new RpcClientOptions { Hello = WriteHello }));

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt)
    {
        var claims = new SessionClaims(_session, TestLayout.Volume, TokenAccess.ReadWrite, DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds()) { Number = 1 };
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Attempt = attempt,
            Role = PeerRole.Client,
            Session = _session,
            Token = SessionToken.Create(TestLayout.TokenKey, claims),
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }
}
