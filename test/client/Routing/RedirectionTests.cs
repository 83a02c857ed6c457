using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Routing;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Routing;

/// <summary>Shards that have moved: the old node says where to, before the manager's map does.</summary>
public sealed class RedirectionTests : IAsyncLifetime
{
    private const ulong ChunkBytes = 1 << 20;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(2), InodeId.FirstOrdinarySequence);
    private static readonly NodeId Second = new(2);

    private readonly FakeNode _old = new(ChunkBytes);
    private readonly FakeNode _new = new(ChunkBytes);
    private ClusterRouter _router = null!;

    public ValueTask InitializeAsync()
    {
        _router = new ClusterRouter(FakeCluster.Session(FakeCluster.MapOfMany(1, 1, _old, _new), ChunkBytes), 0, 20_000, 1, NullLogger.Instance);
        _new.Intercept = request => Refuse(request, unless: 2, default);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _router.DisposeAsync();
        await _old.DisposeAsync();
        await _new.DisposeAsync();
    }

    [Fact]
    public async Task A_hint_sends_the_request_on_and_the_next_ones_there()
    {
        _old.Intercept = request => Refuse(request, unless: 0, new EpochHint(new Epoch(2), Second));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Single(_old.Seen);
        Assert.Equal(2, _new.Seen.Count);
        Assert.All(_new.Seen, header => Assert.Equal(new Epoch(2), header.Epoch));
    }

    /// <summary>The request was refused, so it was not executed: nobody has to be asked whether it was.</summary>
    [Fact]
    public async Task A_request_that_is_sent_on_was_not_sent_before()
    {
        _old.Intercept = request => Refuse(request, unless: 0, new EpochHint(new Epoch(2), Second));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(FrameFlags.None, Assert.Single(_new.Seen).Flags & FrameFlags.Resent);
    }

    [Fact]
    public async Task A_hint_is_for_one_shard()
    {
        _old.Intercept = request => request.Header.Shard == Inode.Shard && Refuse(request, unless: 0, new EpochHint(new Epoch(2), Second));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(Errno.None, await AskAsync(new ShardId(3)));
        Assert.Single(_new.Seen);
        Assert.Equal(2, _old.Seen.Count);
    }

    [Fact]
    public async Task A_map_with_the_epoch_of_a_hint_counts_more()
    {
        _old.Intercept = request => Refuse(request, unless: 2, new EpochHint(new Epoch(2), Second));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));

        // The move was called off: the old node serves on, in a new epoch.
        _router.Update(FakeCluster.MapOfMany(2, 2, _old, _new));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(2, _old.Seen.Count);
        Assert.Single(_new.Seen);
    }

    [Fact]
    public async Task A_map_that_does_not_know_the_epoch_of_a_hint_leaves_it()
    {
        _old.Intercept = request => Refuse(request, unless: 0, new EpochHint(new Epoch(2), Second));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        _router.Update(FakeCluster.MapOfMany(2, 1, _old, _new));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Single(_old.Seen);
    }

    [Theory]
    [InlineData(2u, 7u)]
    [InlineData(1u, 2u)]
    [InlineData(0u, 2u)]
    public async Task A_hint_that_names_an_unknown_node_or_no_later_epoch_is_no_help(uint epoch, uint node)
    {
        var refusals = 0;
        _old.Intercept = request =>
        {
            if (++refusals > 3)
                return false;
            request.Reply(Errno.WrongEpoch, new EpochHint(new Epoch(epoch), new NodeId(node)));
            return true;
        };
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(4, _old.Seen.Count);
        Assert.Empty(_new.Seen);
    }

    [Fact]
    public async Task The_new_node_is_asked_until_it_is_ready()
    {
        _old.Intercept = request => Refuse(request, unless: 0, new EpochHint(new Epoch(2), Second));
        var refusals = 0;
        _new.Intercept = request =>
        {
            if (++refusals > 20)
                return false;
            request.Reply(refusals % 2 == 0 ? Errno.Busy : Errno.WrongEpoch);
            return true;
        };
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(21, _new.Seen.Count);
        Assert.Single(_old.Seen);
    }

    /// <summary>Each names the other, in ever later epochs: some tries follow at once, the others have pauses, and the operation ends in its time.</summary>
    [Fact]
    public async Task Nodes_that_contradict_each_other_make_no_busy_loop()
    {
        var epoch = 1u;
        _old.Intercept = request => Refuse(request, unless: 0, new EpochHint(new Epoch(Interlocked.Increment(ref epoch)), Second));
        _new.Intercept = request => Refuse(request, unless: 0, new EpochHint(new Epoch(Interlocked.Increment(ref epoch)), new NodeId(1)));
        await using var router = new ClusterRouter(
            FakeCluster.Session(FakeCluster.MapOfMany(1, 1, _old, _new), ChunkBytes), 0, operationTimeoutMs: 400, 1, NullLogger.Instance);
        Assert.Equal(Errno.EIO, await AskAsync(Inode.Shard, router));

        // Pauses of 1 ms and more: without them there would be thousands.
        Assert.InRange(_old.Seen.Count + _new.Seen.Count, 5, 400);
    }

    [Fact]
    public async Task Connections_to_a_node_that_left_are_closed_and_one_that_came_is_reached()
    {
        _old.Intercept = null;
        _new.Intercept = null;
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        var shards = new ShardAssignment[FakeCluster.ShardCount];
        Array.Fill(shards, new ShardAssignment(new Epoch(2), ReplicaSet.Of(Second)));
        var both = FakeCluster.Map(2, shards, _old, _new);
        _router.Update(new ClusterMap(2, FakeCluster.Id, both.Nodes.Where(node => node.Id == Second), shards));
        await _old.AllDisconnected.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Single(_new.Seen);
    }

    [Fact]
    public async Task A_node_that_was_restarted_at_another_address_is_noticed()
    {
        _old.Intercept = null;
        var restarted = new TaskCompletionSource<NodeId>();
        _router.NodeRestarted += node => restarted.TrySetResult(node);
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        await using var again = new FakeNode(ChunkBytes, incarnation: 2);
        _router.Update(FakeCluster.MapOfMany(2, 1, again, _new));
        Assert.Equal(Errno.None, await AskAsync(Inode.Shard));
        Assert.Equal(new NodeId(1), await restarted.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Single(again.Seen);
    }

    [Fact]
    public async Task What_is_for_a_node_that_left_fails_at_once()
    {
        var call = _router.Rent();
        call.Encode(new EmptyMessage());
        using var answer = await call.SendToNodeAsync(Opcode.Close, new NodeId(9));
        Assert.Equal(Errno.EIO, answer.Status);
    }

    private static bool Refuse(RpcServerRequest request, uint unless, EpochHint hint)
    {
        if (request.Header.Epoch == new Epoch(unless))
            return false;
        if (hint == default)
            request.Reply(Errno.WrongEpoch);
        else
            request.Reply(Errno.WrongEpoch, hint);
        return true;
    }

    private Task<Errno> AskAsync(ShardId shard) => AskAsync(shard, _router);

    private static async Task<Errno> AskAsync(ShardId shard, ClusterRouter router)
    {
        var call = router.Rent();
        call.Encode(new InodeRequest(Inode));
        using var answer = await call.SendAsync(Opcode.GetAttr, shard);

        // The answer came on a receiver's thread, which a test must not keep.
        await Task.Yield();
        return answer.Status;
    }
}
