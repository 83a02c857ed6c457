using System.Collections.Concurrent;
using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Fsck;

/// <summary>
/// Reads shards page by page from the nodes that serve them, with the rights of an administrator and the token of a session that may only read. A shard that moves
/// meanwhile is read on from its new node: a page begins behind a key, not at a place in a file.
/// </summary>
/// <param name="session">Its token opens the nodes.</param>
/// <param name="newestMap">Asks the manager for its map.</param>
/// <param name="callTime">Of one question to a node.</param>
/// <param name="execution">What it runs on.</param>
internal sealed class ShardReader(ClientSession session, Func<CancellationToken, Task<ClusterMap>> newestMap, TimeSpan callTime, ClientExecution execution) : IAsyncDisposable
{
    private const int Tries = 5;

    /// <summary>Tries while a shard is on its way from one node to another: some seconds.</summary>
    private const int MovedTries = 40;

    private const int LongestMovedPauseMs = 200;

    private readonly ConcurrentDictionary<RpcEndpoint, RpcChannel> _connections = new();
    private readonly ConcurrentDictionary<ShardId, EpochHint> _hints = new();
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
        foreach (var (_, connection) in _connections.OrderBy(static entry => entry.Key.ToString(), StringComparer.Ordinal))
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
        for (int tries = 1, moved = 1; ;)
        {
            using var response = await CallAsync(opcode, shard, verify, cursor, cancellation);
            switch (response.Status)
            {
                case Errno.None:
                    return TakePage(shard, in response, picture, out var next) ? (Errno.None, next) : (Errno.Malformed, []);
                case Errno.WrongEpoch when moved < MovedTries:
                    await FollowAsync(shard, response, moved++, cancellation);
                    break;
                case var status when tries == Tries:
                    return (status, []);
                default:
                    await Task.Delay(TimeSpan.FromMilliseconds(200 * tries++), execution.Time, cancellation);
                    break;
            }
        }
    }

    /// <summary>The shard is not where it was: the node may say where it is, or the manager; or nobody does for a moment.</summary>
    private async Task FollowAsync(ShardId shard, RpcResponse response, int tries, CancellationToken cancellation)
    {
        if (tries == 1 && response.TryRead(out EpochHint hint) && hint.Epoch > PlaceOf(shard).Epoch && Map.Node(hint.Primary) is not null)
        {
            _hints[shard] = hint;
            return;
        }
        var before = PlaceOf(shard);
        var map = await newestMap(cancellation);
        if (map.Version > Map.Version)
            Map = map;
        if (PlaceOf(shard) == before)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1 << Math.Min(tries, 10), LongestMovedPauseMs)), execution.Time, cancellation);
    }

    private EpochHint PlaceOf(ShardId shard)
    {
        var assignment = Map[shard];
        return _hints.TryGetValue(shard, out var hint) && hint.Epoch > assignment.Epoch ? hint : new EpochHint(assignment.Epoch, assignment.Primary);
    }

    private ValueTask<RpcResponse> CallAsync(Opcode opcode, ShardId shard, bool verify, byte[] cursor, CancellationToken cancellation)
    {
        var place = PlaceOf(shard);
        var call = new RpcCall
        {
            Opcode = opcode,
            Shard = shard,
            Epoch = place.Epoch,
            Session = _session.Id,
            Volume = _session.VolumeId,
            TimeoutMs = (uint)callTime.TotalMilliseconds,
        };
        var request = new ScanRequest { Verify = verify, Cursor = cursor };
        var body = new byte[request.Size];
        var writer = new WireWriter(body);
        request.Write(ref writer);
        return ConnectionTo(shard, place.Primary).CallAsync(in call, body, default, cancellation);
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

    private RpcChannel ConnectionTo(ShardId shard, NodeId primary)
    {
        var node = Map.Node(primary) ?? throw new InvalidDataException($"The map names no node for shard {shard}.");
        return _connections.GetOrAdd(EndpointOf(node), static (endpoint, reader) => reader.Connect(endpoint), this);
    }

    private RpcChannel Connect(RpcEndpoint endpoint) =>
        execution.Connect(endpoint, new RpcClientOptions { Hello = (body, attempt) => WriteHello(body, attempt, default), Prove = WriteHello, Credentials = execution.Credentials, CallTime = callTime, Time = execution.Time, Random = execution.Random });

    private static RpcEndpoint EndpointOf(ClusterNode node)
    {
        if (!RpcEndpoint.TryParse(node.Address, out var tcp))
            throw new InvalidDataException($"Node {node.Id} has the address '{node.Address}', which is none.");
        return node.UnixPath.Length > 0 && node.HostIdentity == HostIdentity.Current
            ? tcp!.WithUnix(node.UnixPath)
            : tcp!;
    }

    private int WriteHello(Span<byte> body, ConnectionAttempt attempt, ReadOnlySpan<byte> challenge) =>
        Volatile.Read(ref _session).WriteHello(body, attempt, PeerRole.Admin, generation: 0, challenge);
}
