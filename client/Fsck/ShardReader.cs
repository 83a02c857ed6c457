using System.Collections.Concurrent;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Fsck;

/// <summary>Reads shards page by page from the nodes that serve them, with the rights of an administrator and the token of a session that may only read.</summary>
internal sealed class ShardReader(ClientSession session, TimeSpan callTime, ClientExecution execution) : IAsyncDisposable
{
    private const int Tries = 5;

    private readonly ConcurrentDictionary<NodeId, RpcChannel> _connections = new();
    private ClientSession _session = session;

    public ClusterMap Map { get; set; } = session.Map;

    /// <summary>Connections made from now on show this token.</summary>
    public void Renew(ClientSession newer) => Volatile.Write(ref _session, newer);

    public async Task ReadAsync(ShardId shard, bool verify, VolumePicture picture, CancellationToken cancellation)
    {
        var status = await ReadAllAsync(Opcode.ScanShard, shard, false, picture, cancellation);
        if (status == Errno.None)
            status = await ReadAllAsync(Opcode.ScanChunks, shard, verify, picture, cancellation);
        if (status != Errno.None)
            picture.Fail(shard, status);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }

    private async Task<Errno> ReadAllAsync(Opcode opcode, ShardId shard, bool verify, VolumePicture picture, CancellationToken cancellation)
    {
        var cursor = Array.Empty<byte>();
        do
        {
            var (status, next) = await ReadPageAsync(opcode, shard, verify, cursor, picture, cancellation);
            if (status != Errno.None)
                return status;
            cursor = next;
        }
        while (cursor.Length > 0);
        return Errno.None;
    }

    private async Task<(Errno Status, byte[] Cursor)> ReadPageAsync(
        Opcode opcode, ShardId shard, bool verify, byte[] cursor, VolumePicture picture, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            using var response = await CallAsync(opcode, shard, verify, cursor, cancellation);
            if (response.Status == Errno.None)
                return TakePage(shard, in response, picture, out var next) ? (Errno.None, next) : (Errno.Malformed, []);
            if (tries == Tries)
                return (response.Status, []);
            await Task.Delay(TimeSpan.FromMilliseconds(200 * tries), execution.Time, cancellation);
        }
    }

    private ValueTask<RpcResponse> CallAsync(Opcode opcode, ShardId shard, bool verify, byte[] cursor, CancellationToken cancellation)
    {
        var call = new RpcCall
        {
            Opcode = opcode,
            Shard = shard,
            Epoch = Map.EpochOf(shard),
            Session = _session.Id,
            Volume = _session.VolumeId,
            TimeoutMs = (uint)callTime.TotalMilliseconds,
        };
        var request = new ScanRequest { Verify = verify, Cursor = cursor };
        var body = new byte[request.Size];
        var writer = new WireWriter(body);
        request.Write(ref writer);
        return ConnectionTo(shard).CallAsync(in call, body, default, cancellation);
    }

    private static bool TakePage(ShardId shard, in RpcResponse response, VolumePicture picture, out byte[] cursor)
    {
        cursor = [];
        if (!response.TryRead<ScanReply>(out var reply))
            return false;
        cursor = reply.Cursor.ToArray();
        var reader = new WireReader(response.Payload);
        while (ScanRow.TryRead(ref reader, out var row))
            picture.Add(shard, in row);
        return !reader.Failed;
    }

    private RpcChannel ConnectionTo(ShardId shard)
    {
        var node = Map.Node(Map.PrimaryOf(shard)) ?? throw new InvalidDataException($"The map names no node for shard {shard}.");
        return _connections.GetOrAdd(node.Id, static (_, state) => state.Reader.Connect(state.Node), (Reader: this, Node: node));
    }

    private RpcChannel Connect(ClusterNode node)
    {
        if (!RpcEndpoint.TryParse(node.Address, out var tcp))
            throw new InvalidDataException($"Node {node.Id} has the address '{node.Address}', which is none.");
        var endpoint = node.UnixPath.Length > 0 && node.HostIdentity == HostIdentity.Current
            ? RpcEndpoint.UnixOrTcp(node.UnixPath, tcp!.Host!, tcp.Port)
            : tcp!;
        return execution.Connect(endpoint, new RpcClientOptions { Hello = WriteHello, CallTime = callTime, Time = execution.Time, Random = execution.Random });
    }

    private int WriteHello(Span<byte> body)
    {
        var now = Volatile.Read(ref _session);
        var hello = new HelloRequest
        {
            ProtocolVersion = FrameHeader.CurrentVersion,
            Role = PeerRole.Admin,
            Session = now.Id,
            Token = now.Token.Span,
        };
        var writer = new WireWriter(body);
        hello.Write(ref writer);
        return writer.Position;
    }
}
