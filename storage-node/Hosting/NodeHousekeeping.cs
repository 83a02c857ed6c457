using SealFs.Core;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// What comes round by the clock: requests that waited too long for a lock are answered Busy, and the answers that were given to replaced workers of a client
/// are deleted; what was kept for clients that might have had it open goes when they have had the time to say so.
/// </summary>
internal sealed class NodeHousekeeping : IAsyncDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(100);

    private readonly NodeContext _node;
    private readonly SessionCleanup _cleanup;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<SessionId, (ushort Generation, long SinceMs, bool Cleaned)> _generations = [];
    private readonly Task _running;

    public NodeHousekeeping(NodeContext node)
    {
        _node = node;
        _cleanup = new SessionCleanup(node);
        _running = node.Tasks.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_tick, _node.Time);
        try
        {
            for (var tick = 0; await timer.WaitForNextTickAsync(_stopping.Token); tick++)
            {
                _node.Guard("Answering requests that waited too long", ExpireParked);
                _node.Guard("Releasing files that nobody reopened", ReleaseUnheard);
                if (tick % 100 == 0)
                    _node.Guard("Deleting old answers", ForgetOldGenerations);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private void ExpireParked()
    {
        foreach (var shard in _node.Shards.Opened())
        {
            // Without the gate the count is a hint, which is enough: the next round sees what this one missed.
            if (shard.Parked.Count == 0)
                continue;
            var expired = new List<NodeRequest>();
            using (shard.Enter())
                shard.Parked.TakeExpired(_node.NowMs, expired);
            foreach (var request in expired)
                request.Reply(Errno.Busy);
        }
    }

    private void ReleaseUnheard()
    {
        foreach (var shard in _node.Shards.Opened())
            shard.ReleaseUnheard();
    }

    private void ForgetOldGenerations()
    {
        var now = _node.NowMs;
        var connected = _node.Sessions.Generations();
        foreach (var gone in _generations.Keys.Except(connected.Keys).ToArray())
            _generations.Remove(gone);
        foreach (var (session, generation) in connected)
        {
            if (!_generations.TryGetValue(session, out var known) || known.Generation != generation)
                _generations[session] = (generation, now, false);
            else if (!known.Cleaned && now - known.SinceMs >= NodeLimits.OldGenerationAnswers.TotalMilliseconds)
            {
                _cleanup.DeleteOldAnswers(session, generation);
                _generations[session] = known with { Cleaned = true };
            }
        }
    }
}
