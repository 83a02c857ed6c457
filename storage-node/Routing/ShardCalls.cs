using System.Collections.Concurrent;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Routing;

/// <summary>
/// Calls from this node to whichever node serves a shard, by the newest map. What is asked between nodes may be executed twice (a prepare is known by its
/// transaction and round, a decision by its transaction, the rest only reads), so a call whose connection broke is simply made again, until its time is
/// over. Nobody calls with a gate held.
/// </summary>
/// <param name="node">The node that calls.</param>
/// <param name="lanes">
/// Who receives the answers: the threads that execute requests, for work that goes on without waiting for a disk. Null: threads of the calls' own.
/// </param>
internal sealed class ShardCalls(NodeContext node, IReadOnlyList<RpcReceiverGroup>? lanes = null) : IAsyncDisposable
{
    private readonly PeerConnections _peers = new(node, lanes ?? []);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ShardId, EpochHint> _hints = new();

    /// <summary>The shard, when this node serves it itself: then no call is needed.</summary>
    public Shard? TryFindLocal(ShardId shard) => node.Shards.Find(shard);

    /// <summary>Asks until there is an answer: WrongEpoch and broken connections are tried again, everything else is the answer.</summary>
    /// <param name="call">What.</param>
    /// <param name="body">The request.</param>
    /// <param name="isOver">Nobody wants the answer any more: looked at before each try.</param>
    public async ValueTask<ShardAnswer> CallAsync(ShardCall call, RawBody body, Func<bool>? isOver = null)
    {
        var deadlineMs = node.NowMs + call.TimeoutMs;
        for (var tries = 0; ; tries++)
        {
            var leftMs = deadlineMs - node.NowMs;
            if (leftMs <= 0 || _stopping.IsCancellationRequested || isOver?.Invoke() == true)
                return ShardAnswer.Of(Errno.ETIMEDOUT);
            var answer = await TryAsync(call, body, (uint)Math.Min(leftMs, Limits.TryMs), tries > 0);
            if (answer.Status is not (Errno.WrongEpoch or Errno.Disconnected or Errno.ETIMEDOUT or Errno.SessionRefused))
                return answer;
            if (answer.Status == Errno.WrongEpoch && Learn(call.Shard, in answer))
                continue;
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

    /// <summary>Asks a node about a shard in an epoch, once. The answer is the caller's to dispose.</summary>
    public ValueTask<RpcResponse> AskAsync(NodeId peer, ShardCall call, Epoch epoch, RawBody body)
    {
        if (node.Map is not { } map || _peers.To(map, peer) is not { } connection)
            return ValueTask.FromResult(default(RpcResponse));
        var request = new RpcCall
        {
            Opcode = call.Opcode,
            Shard = call.Shard,
            Epoch = epoch,
            Session = new SessionId(node.Identity.Node.Value),
            Volume = call.Volume,
            TimeoutMs = call.TimeoutMs,
        };
        return connection.CallAsync(in request, body.Bytes);
    }

    /// <summary>Tells a node something for a session, once, with a payload and nothing else.</summary>
    public async ValueTask<Errno> TellAsync(NodeId peer, Opcode opcode, SessionId session, VolumeId volume, byte[] payload)
    {
        if (node.Map is not { } map || _peers.To(map, peer) is not { } connection)
            return Errno.Disconnected;
        var request = new RpcCall { Opcode = opcode, Session = session, Volume = volume, TimeoutMs = Limits.TryMs };
        using var response = await connection.CallAsync(in request, default, new Payload(payload));
        return response.Status;
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _peers.DisposeAsync();
    }

    private async ValueTask<ShardAnswer> TryAsync(ShardCall call, RawBody body, uint timeoutMs, bool resent)
    {
        // Without a map or a primary there is nobody to ask yet: as when the map is old.
        if (node.Map is not { } map || !map.Contains(call.Shard))
            return ShardAnswer.Of(Errno.WrongEpoch);
        var (epoch, primary) = Whereabouts(map, call.Shard);
        if (_peers.To(map, primary) is not { } connection)
            return ShardAnswer.Of(Errno.WrongEpoch);
        var request = new RpcCall
        {
            Opcode = call.Opcode,
            Shard = call.Shard,
            Epoch = epoch,
            Session = new SessionId(node.Identity.Node.Value),
            Volume = call.Volume,
            Resent = resent,
            TimeoutMs = timeoutMs,
        };
        using var response = await connection.CallAsync(in request, body.Bytes);
        return new ShardAnswer(response.Status, response.Body.ToArray(), response.Payload.ToArray());
    }

    /// <summary>Where the shard is: by the map, or by what a node has said that knew better.</summary>
    private EpochHint Whereabouts(ClusterMap map, ShardId shard)
    {
        var known = new EpochHint(map.EpochOf(shard), map.PrimaryOf(shard));
        if (!_hints.TryGetValue(shard, out var hint))
            return known;
        if (hint.Epoch.Value > known.Epoch.Value)
            return hint;
        _hints.TryRemove(shard, out _);
        return known;
    }

    /// <summary>True when the answer says something new, so that somebody else is asked at once.</summary>
    private bool Learn(ShardId shard, in ShardAnswer answer)
    {
        if (!answer.TryRead<EpochHint>(out var hint) || node.Map is not { } map || !map.Contains(shard))
            return false;
        if (hint.Epoch.Value <= Whereabouts(map, shard).Epoch.Value)
            return false;
        _hints[shard] = hint;
        return true;
    }

    private async Task PauseAsync(int tries, long leftMs)
    {
        var longest = Math.Min(Limits.BackoffLastMs, Limits.BackoffFirstMs << Math.Min(tries, 10));
        var pauseMs = Math.Min(leftMs, node.Execution.Random.Next(1, longest + 1));
        await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), node.Time);
    }
}
