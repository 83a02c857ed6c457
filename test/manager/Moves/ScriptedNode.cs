using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;

namespace SealFs.Manager.Tests.Moves;

/// <summary>
/// A storage node as the manager sees it: it sends heartbeats, holds copies, and does what it is told as far as the test lets it. Shards are only numbers with sizes.
/// </summary>
internal sealed class ScriptedNode(ManagerFixture manager, int number)
{
    private ulong sequence;

    public uint Id { get; private set; }

    public string Name => $"node-{number}";

    public ulong Incarnation { get; private set; }

    public bool IsRunning { get; private set; }

    public ClusterMap Map { get; private set; } = null!;

    public HeartbeatResponse Answer { get; private set; } = null!;

    /// <summary>Copies that are not served, with the epoch in which they were made.</summary>
    public Dictionary<ShardId, CopyReport> Copies { get; } = [];

    /// <summary>Shards that it was master of and has stopped serving, with the epoch in which it did.</summary>
    public HashSet<ShardId> Served { get; } = [];

    /// <summary>Changes every heartbeat before it is sent.</summary>
    public Action<HeartbeatRequest>? Fill { get; set; }

    public IEnumerable<CopyOrder> Learns => Answer.CopyOrders.Where(order => order.Action == CopyAction.Learn);

    public IEnumerable<CopyOrder> Drops => Answer.CopyOrders.Where(order => order.Action == CopyAction.Drop);

    private static CancellationToken Cancellation => ManagerFixture.Cancellation;

    public async Task StartAsync(Action<RegisterNodeRequest>? adjust = null)
    {
        var request = ManagerFixture.Registration(number, ++Incarnation);
        request.Zone = "";
        adjust?.Invoke(request);
        var response = await manager.Client.RegisterNodeAsync(request, Cancellation);
        Id = response.NodeId;
        sequence = 0;
        IsRunning = true;
        Follow(ClusterMapCodec.FromProto(response.Map)!);
    }

    public void Stop() => IsRunning = false;

    public async Task BeatAsync(bool follow = true)
    {
        if (follow)
            Follow(await manager.Client.GetMapAsync(Cancellation));
        var request = new HeartbeatRequest { NodeId = Id, Incarnation = Incarnation, Sequence = ++sequence, MapVersion = Map.Version };
        request.Copies.AddRange(Copies.Values);
        Fill?.Invoke(request);
        Answer = await manager.Client.HeartbeatAsync(request, TimeSpan.FromSeconds(10), Cancellation);
    }

    /// <summary>Begins the copies that were ordered, and deletes what was to be dropped.</summary>
    public void Obey()
    {
        foreach (var order in Learns)
        {
            Copies[new(order.Shard)] = new CopyReport
            {
                Shard = order.Shard,
                MoveId = order.MoveId,
                Epoch = order.Epoch,
                Step = CopyStep.Tailing,
                BytesTotal = 100,
                BytesCopied = 100,
            };
        }
        foreach (var order in Drops)
        {
            if (Copies.TryGetValue(new(order.Shard), out var copy) && copy.Epoch <= order.Epoch)
                Copies.Remove(new(order.Shard));
        }
    }

    public Task BeginSwitchAsync(ulong move) => manager.Client.BeginSwitchAsync(
        new BeginSwitchRequest { MoveId = move, NodeId = Id, Incarnation = Incarnation }, TimeSpan.FromSeconds(10), Cancellation);

    public async Task CompleteAsync(ulong move, ulong pauseMs = 5)
    {
        var request = new CompleteMoveRequest
        {
            MoveId = move,
            NodeId = Id,
            Incarnation = Incarnation,
            BytesCopied = 100,
            PauseMs = pauseMs,
            HaveMapVersion = Map.Version,
        };
        var response = await manager.Client.CompleteMoveAsync(request, TimeSpan.FromSeconds(10), Cancellation);
        Follow(ClusterMapCodec.Apply(Map, response.Update)!);
    }

    /// <summary>One round of a node that does everything at once.</summary>
    public async Task WorkAsync()
    {
        await BeatAsync();
        Obey();
        foreach (var order in Learns.ToList())
        {
            await BeginSwitchAsync(order.MoveId);
            await CompleteAsync(order.MoveId);
        }
    }

    private void Follow(ClusterMap map)
    {
        Map = map;
        if (!map.IsBuilt)
            return;
        for (var index = 0u; index < map.ShardCount; index++)
        {
            var shard = new ShardId(index);
            if (map.PrimaryOf(shard).Value == Id)
            {
                Served.Add(shard);
                Copies.Remove(shard);
            }
            else if (Served.Remove(shard))
            {
                Copies[shard] = new CopyReport { Shard = index, Step = CopyStep.Leftover, Epoch = map.EpochOf(shard).Value - 1 };
            }
        }
    }
}
