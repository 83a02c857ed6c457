using Grpc.Core;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Faults;

/// <summary>
/// An administrator who cannot leave the cluster alone: lets nodes join, drains nodes and thinks better of it, moves shards by hand and calls moves off. What the manager does not
/// want just then, it refuses.
/// </summary>
internal sealed class ShardMover(SimulatedWorld world, SimulatedCluster cluster)
{
    private readonly SimulatedClient _admin = cluster.NewClient();
    private readonly HashSet<SimulatedNode> _draining = [];
    private bool _isOver;

    public void Start()
    {
        if (cluster.Options.MoveEvery > TimeSpan.Zero)
            Next();
    }

    /// <summary>Nothing more is asked for. What was, goes on.</summary>
    public void Stop()
    {
        _isOver = true;
        foreach (var node in cluster.Nodes)
            node.Join();
    }

    private void Next() => world.Schedule(world.Between(TimeSpan.Zero, cluster.Options.MoveEvery * 2), _admin.Process, () =>
    {
        if (_isOver)
            return;
        _ = AskAsync();
        Next();
    });

    private async Task AskAsync()
    {
        try
        {
            await AskSomethingAsync();
        }
        catch (ControlException failure) when (failure.IsTransient || failure.Code is StatusCode.FailedPrecondition or StatusCode.NotFound)
        {
            world.Note($"refused: {failure.Message}");
        }
    }

    private async Task AskSomethingAsync()
    {
        var node = cluster.Nodes[world.Random.Next(cluster.Nodes.Count)];
        switch (world.Random.Next(12))
        {
            case 0 or 1:
                node.Join();
                break;
            case 2 when cluster.Nodes.Count(other => other.HasJoined && !_draining.Contains(other)) > 1:
                world.Note($"{node.Name} is to be drained");
                _draining.Add(node);
                await _admin.Control.DrainNodeAsync(node.Name);
                break;
            case 3 or 4:
                world.Note($"{node.Name} is to be drained no more");
                _draining.Remove(node);
                await _admin.Control.CancelDrainAsync(node.Name);
                break;
            case 5:
                await CancelOneAsync();
                break;
            default:
                var shard = new ShardId((uint)world.Random.Next((int)cluster.Options.Shards));
                world.Note($"shard {shard} is to be moved to {node.Name}");
                await _admin.Control.MoveShardAsync(shard, node.Name);
                break;
        }
    }

    private async Task CancelOneAsync()
    {
        var moves = (await _admin.Control.ListMovesAsync()).Moves;
        if (moves.Count == 0)
            return;
        var move = moves[world.Random.Next(moves.Count)];
        world.Note($"move {move.MoveId} of shard {move.Shard} is to be called off in phase {move.Phase}");
        await _admin.Control.CancelMoveAsync(move.MoveId);
    }
}
