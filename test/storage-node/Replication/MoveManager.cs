using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.StorageNode.Replication;
using NodeState = SealFs.Core.Placement.NodeState;
using VolumeState = SealFs.StorageNode.Shards.VolumeState;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>The manager's side of moves, as small as it can be: one move at a time, decided under one lock, and maps that go to every node.</summary>
internal sealed class MoveManager
{
    private readonly string _directory;
    private readonly int _nodes;
    private readonly Lock _gate = new();
    private ulong _moves;

    public MoveManager(string directory, int nodes, uint shards)
    {
        _directory = directory;
        _nodes = nodes;
        var assignments = new ShardAssignment[shards];
        for (var shard = 0u; shard < shards; shard++)
            assignments[shard] = new ShardAssignment(new Epoch(1), ReplicaSet.Of(new NodeId(1 + (shard % (uint)nodes))));
        Map = new ClusterMap(1, new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), Nodes(), assignments);
    }

    public ClusterMap Map { get; private set; }

    public VolumeState Volume { get; set; } = new() { Id = MoveCluster.Volume, ChunkSizeBytes = MoveCluster.ChunkBytes, CreatedUnixMs = 1_700_000_000_000 };

    /// <summary>The move that is under way.</summary>
    public Move? Current { get; private set; }

    /// <summary>The target was allowed to switch.</summary>
    public bool IsSwitching { get; private set; }

    public List<ulong> Pauses { get; } = [];

    /// <summary>Told of every new map.</summary>
    public Action<ClusterMap> Published { get; set; } = static _ => { };

    /// <summary>The first answer that completes a move does not arrive, nor does its map.</summary>
    public bool LosesAnswers { get; set; }

    public int LostAnswers { get; private set; }

    /// <summary>Nodes hear of new maps at once.</summary>
    public bool Publishes { get; set; } = true;

    /// <summary>The manager is away: no question is answered.</summary>
    public bool IsAway { get; set; }

    public string SocketOf(NodeId node) => Path.Combine(_directory, $"{node}.sock");

    public ISwitchControl ControlOf(NodeId node) => new Control(this, node);

    public Move Begin(ShardId shard, NodeId target)
    {
        lock (_gate)
        {
            IsSwitching = false;
            return Current = new Move(++_moves, shard, Map.PrimaryOf(shard), target, Map.EpochOf(shard));
        }
    }

    /// <summary>The move is not wanted any more. When it was switching, the source serves in a new epoch.</summary>
    public void CallOff()
    {
        lock (_gate)
        {
            if (Current is not { } move)
                return;
            Current = null;
            if (IsSwitching)
                Assign(move.Shard, move.Source);
            IsSwitching = false;
        }

        Published(Map);
    }

    /// <summary>A map that names another node, without a move.</summary>
    public void Give(ShardId shard, NodeId node)
    {
        lock (_gate)
            Assign(shard, node);
        Published(Map);
    }

    /// <summary>What a node hears with each heartbeat.</summary>
    public List<CopyOrder> OrdersFor(NodeId node, bool drop, IEnumerable<CopyReport> copies)
    {
        lock (_gate)
        {
            var orders = new List<CopyOrder>();
            if (Current is { } move && move.Target == node)
                orders.Add(new CopyOrder { Action = CopyAction.Learn, Shard = move.Shard.Value, MoveId = move.Id, Source = move.Source.Value, Epoch = move.Epoch.Value });
            if (drop)
            {
                orders.AddRange(copies
                    .Where(copy => copy.Step == CopyStep.Leftover && copy.Shard != Current?.Shard.Value)
                    .Select(copy => new CopyOrder { Action = CopyAction.Drop, Shard = copy.Shard, Epoch = Map.EpochOf(new ShardId(copy.Shard)).Value - 1 }));
            }

            return orders;
        }
    }

    private IEnumerable<ClusterNode> Nodes() => Enumerable.Range(1, _nodes).Select(id => new ClusterNode(
        new NodeId((uint)id), $"n{id}", "127.0.0.1:1", SocketOf(new NodeId((uint)id)), "here", "", 1, NodeState.Live));

    private void Assign(ShardId shard, NodeId node)
    {
        var replicas = new ReplicaSet[Map.ShardCount];
        for (var index = 0u; index < Map.ShardCount; index++)
            replicas[index] = Map[new ShardId(index)].Replicas;
        replicas[shard.Value] = ReplicaSet.Of(node);
        var next = Map.WithReplicas(replicas);
        var assignments = next.Shards.ToArray();

        // A new epoch also where the primary stays.
        assignments[shard.Value] = new ShardAssignment(new Epoch(Map.EpochOf(shard).Value + 1), replicas[shard.Value]);
        Map = new ClusterMap(next.Version, next.ClusterId, next.Nodes, assignments);
    }

    internal sealed record Move(ulong Id, ShardId Shard, NodeId Source, NodeId Target, Epoch Epoch);

    private sealed class Control(MoveManager manager, NodeId node) : ISwitchControl
    {
        public Task BeginSwitchAsync(ulong move, CancellationToken cancellation)
        {
            lock (manager._gate)
            {
                Require(move);
                manager.IsSwitching = true;
            }

            return Task.CompletedTask;
        }

        public Task<ClusterMap> CompleteMoveAsync(CompletedCopy copy, CancellationToken cancellation)
        {
            lock (manager._gate)
            {
                Require(copy.Move);
                if (!manager.IsSwitching)
                    throw new ControlException(StatusCode.FailedPrecondition, "not switching");
                manager.Assign(manager.Current!.Shard, node);
                manager.Current = null;
                manager.IsSwitching = false;
                manager.Pauses.Add(copy.PauseMs);
            }

            if (manager.LosesAnswers && manager.LostAnswers++ == 0)
            {
                _ = Task.Delay(50, CancellationToken.None).ContinueWith(_ => manager.Published(manager.Map), TaskScheduler.Default);
                throw new ControlException(StatusCode.DeadlineExceeded, "the answer was lost");
            }

            if (manager.Publishes)
                manager.Published(manager.Map);
            return Task.FromResult(manager.Map);
        }

        private void Require(ulong move)
        {
            if (manager.IsAway)
                throw new ControlException(StatusCode.Unavailable, "away");
            if (manager.Current is not { } current || current.Id != move || current.Target != node)
                throw new ControlException(StatusCode.FailedPrecondition, "called off");
        }
    }
}
