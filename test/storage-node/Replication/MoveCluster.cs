using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using SealFs.Core.Tokens;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Shards;
using Xunit;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>Some nodes and a manager in one process, whose heartbeats are a loop of the test.</summary>
internal sealed class MoveCluster : IAsyncDisposable
{
    public const uint ChunkBytes = 256 * 1024;
    public static readonly VolumeId Volume = new(7);
    public static readonly byte[] TokenKey = SessionToken.CreateKey();

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<NodeId, MoveNode> _nodes = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Task _beating;
    private readonly uint _shards;
    private readonly IChunkDevice? _disk;
    private ulong _incarnation;

    public MoveCluster(int nodes = 2, uint shards = 8, PlantedBugs bugs = PlantedBugs.None, IChunkDevice? disk = null)
    {
        _shards = shards;
        Bugs = bugs;
        _disk = disk;
        Manager = new MoveManager(_directory.Directory, nodes, shards);
        Manager.Published = Publish;
        foreach (var id in Manager.Map.Nodes.Select(node => node.Id))
            Start(id);
        _beating = Task.Run(BeatAsync);
    }

    public MoveManager Manager { get; }

    public PlantedBugs Bugs { get; }

    /// <summary>Leftovers are ordered to be dropped.</summary>
    public bool Drops { get; set; } = true;

    /// <summary>Told of each step of each node, from then on, also when it is started again.</summary>
    public Action<NodeId, string>? Reached { get; set; }

    public uint Shards => _shards;

    public InodeId Root => PlacementHash.Root(Volume, _shards);

    public MoveNode this[NodeId id]
    {
        get
        {
            lock (_nodes)
                return _nodes[id];
        }
    }

    public NodeId OwnerOf(ShardId shard) => Manager.Map.PrimaryOf(shard);

    public MoveClient Client() => new(this);

    public void Start(NodeId id)
    {
        var node = MoveNode.Start(Path.Combine(_directory.Directory, $"node{id}"), id, ++_incarnation, Manager, Bugs, _disk);
        node.Context.Reached = step => Reached?.Invoke(id, step);
        lock (_nodes)
            _nodes[id] = node;

        // A map that came while it started.
        node.Context.Follow(Manager.Map);
    }

    /// <summary>As a kill of the process, and a start. The manager calls off what was switching.</summary>
    public async Task KillAndStartAsync(NodeId id)
    {
        await _changing.WaitAsync();
        try
        {
            MoveNode node;
            lock (_nodes)
                _nodes.Remove(id, out node!);
            await node.StopAsync(seal: false);
            if (Manager.IsSwitching && Manager.Current is { } move && (move.Source == id || move.Target == id))
                Manager.CallOff();
            Start(id);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Moves a shard, and returns when its new owner serves it.</summary>
    public async Task MoveAsync(ShardId shard, NodeId target)
    {
        Manager.Begin(shard, target);
        await UntilAsync(() => OwnerOf(shard) == target && IsServedBy(target, shard), () => Describe(target));
    }

    public bool IsServedBy(NodeId id, ShardId shard)
    {
        lock (_nodes)
            return _nodes.TryGetValue(id, out var node) && node.Context.Shards.IsServed(shard);
    }

    public string Describe(NodeId target)
    {
        var heartbeat = new HeartbeatRequest();
        lock (_nodes)
        {
            if (_nodes.TryGetValue(target, out var node))
                node.Learners.Report(heartbeat);
        }

        return string.Join(" | ", heartbeat.Copies.Select(copy => copy.ToString()));
    }

    public static async Task UntilAsync(Func<bool> isTrue, Func<string>? describe = null, int seconds = 40)
    {
        var deadline = Environment.TickCount64 + (seconds * 1000);
        while (!isTrue())
        {
            Assert.True(Environment.TickCount64 < deadline, $"it does not happen: {describe?.Invoke()}");
            await Task.Delay(2);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Reached = null;
        await _stopping.CancelAsync();
        await _beating;
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
        _directory.Dispose();
    }

    private void Publish(ClusterMap map)
    {
        MoveNode[] nodes;
        lock (_nodes)
            nodes = [.. _nodes.Values];
        foreach (var node in nodes)
            node.Context.Follow(map);
    }

    private async Task BeatAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await _changing.WaitAsync();
            try
            {
                KeyValuePair<NodeId, MoveNode>[] nodes;
                lock (_nodes)
                    nodes = [.. _nodes];
                foreach (var (id, node) in nodes)
                {
                    var heartbeat = new HeartbeatRequest();
                    node.Learners.Report(heartbeat);
                    node.Learners.Follow(Manager.OrdersFor(id, Drops, heartbeat.Copies));
                }
            }
            finally
            {
                _changing.Release();
            }

            await Task.Delay(5);
        }
    }
}
