using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Tests.Transactions;
using Xunit;

namespace SealFs.StorageNode.Tests.Routing;

/// <summary>Calls between nodes while maps change and nodes come and go.</summary>
public sealed class ShardCallsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_call_with_an_old_epoch_goes_on_with_what_the_node_answers()
    {
        await using var cluster = TestCluster.Start(nodes: 2);
        var (caller, owner, shard) = Pair(cluster);
        await using var calls = new ShardCalls(caller.Context);
        owner.Context.Follow(WithEpoch(cluster.Layout, 2));
        Assert.Equal(Errno.None, (await AskAsync(calls, shard, 20_000).WaitAsync(s_patience)).Status);
    }

    [Fact]
    public async Task A_call_with_a_newer_epoch_than_the_node_knows_waits_for_it_to_hear()
    {
        await using var cluster = TestCluster.Start(nodes: 2);
        var (caller, owner, shard) = Pair(cluster);
        await using var calls = new ShardCalls(caller.Context);
        caller.Context.Follow(WithEpoch(cluster.Layout, 2));
        var call = AskAsync(calls, shard, 20_000);
        Assert.NotEqual(call, await Task.WhenAny(call, Task.Delay(100, TestContext.Current.CancellationToken)));
        owner.Context.Follow(WithEpoch(cluster.Layout, 2));
        Assert.Equal(Errno.None, (await call.WaitAsync(s_patience)).Status);
    }

    [Fact]
    public async Task A_call_waits_for_a_node_that_restarts()
    {
        await using var cluster = TestCluster.Start(nodes: 2);
        var (caller, owner, shard) = Pair(cluster);
        await using var calls = new ShardCalls(caller.Context);
        var id = owner.Context.Identity.Node;
        Assert.Equal(Errno.None, (await AskAsync(calls, shard, 5_000)).Status);
        await cluster.StopAsync(id);
        var call = AskAsync(calls, shard, 20_000);
        cluster.StartHere(id);
        Assert.Equal(Errno.None, (await call.WaitAsync(s_patience)).Status);
    }

    [Fact]
    public async Task A_call_ends_when_its_time_is_over()
    {
        await using var cluster = TestCluster.Start(nodes: 2);
        var (caller, owner, shard) = Pair(cluster);
        await using var calls = new ShardCalls(caller.Context);
        await cluster.StopAsync(owner.Context.Identity.Node);
        Assert.Equal(Errno.ETIMEDOUT, (await AskAsync(calls, shard, 300).WaitAsync(s_patience)).Status);
    }

    [Fact]
    public async Task Clients_may_not_ask_what_nodes_ask()
    {
        await using var cluster = TestCluster.Start(nodes: 2);
        await using var client = cluster.Client();
        Opcode[] asked =
        [
            Opcode.TransactionResolve, Opcode.TransactionDecide, Opcode.TransactionPrepare, Opcode.TransactionCommits, Opcode.TransactionFollow,
            Opcode.ReadParent, Opcode.PartitionStat,
        ];
        foreach (var opcode in asked)
        {
            var answer = await client.CallAsync(opcode, new ShardId(1), RawBody.Of(new TransactionResolveRequest(new(77))), mutation: false);
            Assert.Equal(Errno.SessionRefused, answer.Status);
        }
    }

    private static (TestNode Caller, TestNode Owner, ShardId Shard) Pair(TestCluster cluster)
    {
        var shard = new ShardId(1);
        var owner = cluster.Layout.OwnerOf(shard);
        return (cluster.Here(cluster.Layout.NodeIds.First(id => id != owner)), cluster.Here(owner), shard);
    }

    private static Task<ShardAnswer> AskAsync(ShardCalls calls, ShardId shard, uint timeoutMs) => calls.CallAsync(
        new ShardCall(Opcode.TransactionResolve, shard, default, timeoutMs), RawBody.Of(new TransactionResolveRequest(new(77)))).AsTask();

    private static ClusterMap WithEpoch(TestLayout layout, uint epoch)
    {
        var map = layout.Map();
        var shards = map.Shards.ToArray();
        for (var index = 0; index < shards.Length; index++)
            shards[index] = shards[index] with { Epoch = new Epoch(epoch) };
        return new ClusterMap(map.Version + epoch, map.ClusterId, map.Nodes, shards);
    }
}
