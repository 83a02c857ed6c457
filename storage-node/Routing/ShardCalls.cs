using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Routing;

/// <summary>
/// Calls from this node to whichever node serves a shard, by the newest map. What is asked between nodes may be executed twice (a prepare is known by its
/// transaction and round, a decision by its transaction, the rest only reads), so a call whose connection broke is simply made again, until its time is
/// over. Nobody calls with a gate held.
/// </summary>
internal sealed class ShardCalls(NodeContext node) : IAsyncDisposable
{
    private readonly PeerConnections _peers = new(node);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The shard, when this node serves it itself: then no call is needed.</summary>
    public Shard? TryFindLocal(ShardId shard) => node.Shards.Find(shard);

    /// <summary>Asks until there is an answer: WrongEpoch and broken connections are tried again, everything else is the answer.</summary>
    public async ValueTask<ShardAnswer> CallAsync(ShardCall call, RawBody body)
    {
        var deadlineMs = node.NowMs + call.TimeoutMs;
        for (var tries = 0; ; tries++)
        {
            var leftMs = deadlineMs - node.NowMs;
            if (leftMs <= 0 || _stopping.IsCancellationRequested)
                return ShardAnswer.Of(Errno.ETIMEDOUT);
            var answer = await TryAsync(call, body, (uint)Math.Min(leftMs, Limits.TryMs), tries > 0);
            if (answer.Status is not (Errno.WrongEpoch or Errno.Disconnected or Errno.ETIMEDOUT or Errno.SessionRefused))
                return answer;
            await PauseAsync(tries, leftMs);
        }
    }

    /// <summary>Asks a node itself, once.</summary>
    public async ValueTask<ShardAnswer> CallNodeAsync(NodeId peer, Opcode opcode, RawBody body, uint timeoutMs)
    {
        if (node.Map is not { } map || _peers.To(map, peer) is not { } connection)
            return ShardAnswer.Of(Errno.Disconnected);
        var request = new RpcCall { Opcode = opcode, Session = new SessionId(node.Identity.Node.Value), TimeoutMs = timeoutMs };
        using var response = await connection.CallAsync(in request, body.Bytes);
        return new ShardAnswer(response.Status, response.Body.ToArray(), response.Payload.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _peers.DisposeAsync();
    }

    private async ValueTask<ShardAnswer> TryAsync(ShardCall call, RawBody body, uint timeoutMs, bool resent)
    {
        // Without a map or a primary there is nobody to ask yet: as when the map is old.
        if (node.Map is not { } map || !map.Contains(call.Shard) || _peers.To(map, map.PrimaryOf(call.Shard)) is not { } connection)
            return ShardAnswer.Of(Errno.WrongEpoch);
        var request = new RpcCall
        {
            Opcode = call.Opcode,
            Shard = call.Shard,
            Epoch = map.EpochOf(call.Shard),
            Session = new SessionId(node.Identity.Node.Value),
            Volume = call.Volume,
            Resent = resent,
            TimeoutMs = timeoutMs,
        };
        using var response = await connection.CallAsync(in request, body.Bytes);
        return new ShardAnswer(response.Status, response.Body.ToArray(), response.Payload.ToArray());
    }

    private async Task PauseAsync(int tries, long leftMs)
    {
        var longest = Math.Min(Limits.BackoffLastMs, Limits.BackoffFirstMs << Math.Min(tries, 10));
        var pauseMs = Math.Min(leftMs, node.Execution.Random.Next(1, longest + 1));
        await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), node.Time);
    }
}
