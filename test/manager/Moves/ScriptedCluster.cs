using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using Xunit;

namespace SealFs.Manager.Tests.Moves;

/// <summary>A real manager with scripted nodes, on a clock that the test moves.</summary>
internal sealed class ScriptedCluster : IAsyncDisposable
{
    private ScriptedCluster(ManagerFixture manager) => Manager = manager;

    public ManagerFixture Manager { get; }

    public List<ScriptedNode> Nodes { get; } = [];

    public ScriptedNode this[int number] => Nodes[number - 1];

    private static CancellationToken Cancellation => ManagerFixture.Cancellation;

    /// <summary>A cluster that has its map, with so many nodes and shards.</summary>
    public static async Task<ScriptedCluster> StartAsync(int nodes, uint shards = 8, Func<ManagerOptions, ManagerOptions>? adjust = null)
    {
        var manager = await ManagerFixture.StartAsync(options =>
        {
            options = options with { ExpectedNodes = nodes, Shards = shards };
            return adjust?.Invoke(options) ?? options;
        });
        var cluster = new ScriptedCluster(manager);
        for (var count = 0; count < nodes; count++)
            await cluster.AddAsync();
        await cluster.BeatAsync();
        return cluster;
    }

    public async Task<ScriptedNode> AddAsync(Action<RegisterNodeRequest>? adjust = null)
    {
        var node = new ScriptedNode(Manager, Nodes.Count + 1);
        Nodes.Add(node);
        await node.StartAsync(adjust);
        return node;
    }

    public Task<ClusterMap> MapAsync() => Manager.Client.GetMapAsync(Cancellation);

    public Task<ListMovesResponse> MovesAsync() => Manager.Client.ListMovesAsync(Cancellation);

    public async Task<int> ServedByAsync(ScriptedNode node) => (await MapAsync()).Shards.ToArray().Count(shard => shard.Primary.Value == node.Id);

    /// <summary>Every running node sends a heartbeat.</summary>
    public async Task BeatAsync()
    {
        foreach (var node in Nodes.Where(node => node.IsRunning))
            await node.BeatAsync();
    }

    /// <summary>Lets time go by, with heartbeats, until something holds.</summary>
    public Task UntilAsync(Func<Task<bool>> holds) => Manager.AdvanceUntilAsync(
        async () =>
        {
            await BeatAsync();
            return await holds();
        },
        Manager.Options.HeartbeatInterval / 2);

    /// <summary>Lets every node do what it is told, until the manager has nothing more to do and for some time after.</summary>
    public async Task SettleAsync()
    {
        var quiet = 0;
        for (var round = 0; quiet < 30; round++)
        {
            Assert.True(round < 2_000, "The moves never end.");
            foreach (var node in Nodes.Where(node => node.IsRunning))
                await node.WorkAsync();
            quiet = (await MovesAsync()).Moves.Count == 0 ? quiet + 1 : 0;
            Manager.Clock.Advance(Manager.Options.HeartbeatInterval / 2);
        }
    }

    /// <summary>Asks for a move and lets it come to a phase.</summary>
    public async Task<ulong> MoveAsync(ShardId shard, ScriptedNode target, MovePhase phase = MovePhase.Copying)
    {
        var move = await Manager.Client.MoveShardAsync(shard, target.Name, Cancellation);
        await target.BeatAsync();
        target.Obey();
        if (phase is MovePhase.Switching or MovePhase.Dropping)
            await target.BeginSwitchAsync(move);
        if (phase == MovePhase.Dropping)
            await target.CompleteAsync(move);
        return move;
    }

    public async ValueTask DisposeAsync() => await Manager.DisposeAsync();
}
