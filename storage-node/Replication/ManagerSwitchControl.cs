using Grpc.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.StorageNode.Hosting;

namespace SealFs.StorageNode.Replication;

/// <summary>Asks the real manager.</summary>
internal sealed class ManagerSwitchControl(ControlClient client, MapWatcher watcher, NodeIdentity identity) : ISwitchControl
{
    public Task BeginSwitchAsync(ulong move, CancellationToken cancellation) =>
        client.BeginSwitchAsync(
            new BeginSwitchRequest { MoveId = move, NodeId = identity.Node.Value, Incarnation = identity.Incarnation }, ReplicationLimits.ManagerTime, cancellation);

    public async Task<ClusterMap> CompleteMoveAsync(CompletedCopy copy, CancellationToken cancellation)
    {
        var known = watcher.Current;
        var response = await client.CompleteMoveAsync(
            new CompleteMoveRequest
            {
                MoveId = copy.Move,
                NodeId = identity.Node.Value,
                Incarnation = identity.Incarnation,
                EffectSequence = copy.EffectSequence,
                BytesCopied = copy.BytesCopied,
                PauseMs = copy.PauseMs,
                HaveMapVersion = known?.Version ?? 0,
            },
            ReplicationLimits.ManagerTime,
            cancellation);
        var map = ClusterMapCodec.Apply(known, response.Update)
            ?? throw new ControlException(StatusCode.Internal, "The manager's answer does not lead to a map.");
        watcher.Offer(map);
        return map;
    }
}
