using SealFs.Manager.Store;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Manager;

/// <summary>What happens by itself: leases that run out, and usage that is stored now and then.</summary>
internal sealed partial class ControlPlane
{
    private async Task ExpireAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(options.HeartbeatInterval / 2, clock);
        var usageStored = clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                try
                {
                    using var turn = await EnterAsync(cancellation);
                    await ExpireNodesAsync();
                    await ExpireSessionsAsync();
                    if (clock.GetElapsedTime(usageStored) < Limits.UsageStoreInterval)
                        continue;
                    usageStored = clock.GetTimestamp();
                    await StoreUsageAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The store is out of order (a full disk): nothing was changed, and the next tick tries again.
                    LogExpiryFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task ExpireNodesAsync()
    {
        var now = clock.GetTimestamp();
        var dead = nodes.Live.Where(node => node.LeaseEnd <= now).ToList();
        if (dead.Count == 0)
            return;
        var change = NewChange();
        foreach (var node in dead)
        {
            SetState(change, node, NodeState.Dead);
            StopSwitching(change, node.Id);
        }
        await CommitAsync(change);
        foreach (var node in dead)
        {
            foreach (var volume in volumes.All)
            {
                volume.Bytes.Reclaim(node.Id);
                volume.Inodes.Reclaim(node.Id);
            }
            LogNodeDead(node.Record.Id, node.Record.Name);
        }
    }

    private async Task ExpireSessionsAsync()
    {
        var now = clock.GetTimestamp();
        var over = sessions.Live.Where(session => session.LeaseEnd <= now).ToList();
        if (over.Count == 0)
            return;
        await EndSessionsAsync(over);
        foreach (var session in over)
            LogSessionExpired(session.Record.Id, session.Record.ClientName, session.Record.Host);
    }

    private async Task StoreUsageAsync()
    {
        var changed = nodes.All.Where(node => node.UsageChanged).ToList();
        var batch = new StoreBatch();
        foreach (var node in changed)
        {
            var used = volumes.All
                .Select(volume => new VolumeUsage(volume.Record.Id, volume.Bytes.UsedBy(node.Id), volume.Inodes.UsedBy(node.Id)))
                .Where(usage => usage.Bytes > 0 || usage.Inodes > 0);
            batch.Put(new UsageRecord { NodeId = node.Record.Id, Volumes = [.. used] });
        }
        await SaveAsync(batch);
        foreach (var node in changed)
            node.UsageChanged = false;
    }
}
