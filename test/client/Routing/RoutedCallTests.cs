using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Client.Routing;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Routing;

public sealed class RoutedCallTests
{
    private const ulong ChunkBytes = 1 << 20;
    private static readonly InodeId Inode = InodeId.Create(new ShardId(2), InodeId.FirstOrdinarySequence);

    [Fact]
    public async Task Busy_is_tried_again()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var router = RouterTo(node);
        var left = 5;
        node.Intercept = request =>
        {
            if (left-- <= 0)
                return false;
            request.Reply(Errno.Busy);
            return true;
        };
        Assert.Equal(Errno.None, await GetAttributesAsync(router));
        Assert.Equal(6, node.Seen.Count);
    }

    [Fact]
    public async Task A_session_that_is_over_fails_everything_at_once()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var router = RouterTo(node);
        Assert.Equal(Errno.None, await GetAttributesAsync(router));

        // The node does not know the session any more: it ends the connection, and refuses the next one.
        node.HelloStatus = Errno.SessionRefused;
        node.Intercept = request =>
        {
            var peer = request.Peer;
            request.Reply(Errno.SessionRefused);
            peer.Close("the session is over");
            return true;
        };
        Assert.Equal(Errno.EIO, await GetAttributesAsync(router));
        Assert.True(router.SessionEnded);
        var seen = node.Seen.Count;
        Assert.Equal(Errno.EIO, await GetAttributesAsync(router));
        Assert.Equal(seen, node.Seen.Count);
    }

    [Theory]
    [InlineData(Errno.Busy)]
    [InlineData(Errno.TokenExpired)]
    public async Task A_node_that_cannot_let_anybody_in_yet_is_tried_again(Errno status)
    {
        await using var node = new FakeNode(ChunkBytes) { HelloStatus = status };
        await using var router = RouterTo(node);
        var asking = GetAttributesAsync(router);
        while (node.Hellos < 3)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        node.HelloStatus = Errno.None;
        Assert.Equal(Errno.None, await asking);
        Assert.False(router.SessionEnded);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_kernel_sends_again_is_not_done_under_another_session(bool resent)
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var router = RouterTo(node);
        router.HasLostSession = true;
        var call = router.NewCall().Begin(unique: 7, slotIndex: 0, resent);
        call.Encode(new SetAttrRequest { Inode = Inode });
        using var answer = await call.SendMutationAsync(Opcode.SetAttr, Inode.Shard);
        Assert.Equal(resent ? Errno.EIO : Errno.None, answer.Status);
        Assert.Equal(resent ? 0 : 1, node.CountOf(Opcode.SetAttr));
    }

    [Fact]
    public async Task A_newer_map_ends_the_wait_after_WrongEpoch()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var router = RouterTo(node);
        node.Intercept = request =>
        {
            if (request.Header.Epoch == new Epoch(2))
                return false;
            request.Reply(Errno.WrongEpoch);
            router.Update(FakeCluster.Map(node, version: 2, epoch: 2));
            return true;
        };
        Assert.Equal(Errno.None, await GetAttributesAsync(router));
    }

    [Fact]
    public async Task A_lost_connection_is_made_again()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var router = RouterTo(node);
        RpcServerRequest? unanswered = null;
        node.Intercept = request =>
        {
            if (unanswered is not null)
            {
                unanswered.Reply(Errno.None);
                return false;
            }
            unanswered = request;
            request.Peer.Close("test");
            return true;
        };
        Assert.Equal(Errno.None, await GetAttributesAsync(router));
        Assert.Equal(2, node.Seen.Count);
    }

    [Fact]
    public async Task A_node_that_stays_away_ends_in_EIO_after_the_time_allowed()
    {
        int port;
        await using (var gone = new FakeNode(ChunkBytes))
            port = gone.Port;
        await using var router = new ClusterRouter(FakeCluster.Session(FakeCluster.Map(1, 1, port), ChunkBytes), 0, 300, 1, NullLogger.Instance);
        Assert.Equal(Errno.EIO, await GetAttributesAsync(router));
    }

    [Fact]
    public async Task A_name_goes_to_the_partition_the_servers_say()
    {
        await using var node = new FakeNode(ChunkBytes);
        await using var router = RouterTo(node);
        var name = NameIn(partition: 1);
        node.Intercept = request =>
        {
            var lookup = request.Read<LookupRequest>();
            if (lookup.Partition.Value == 0)
                request.Reply(Errno.WrongPartition, new PartitionHint(1));
            else
                request.Reply(Errno.None, new EntryReply(true, false, default, false, default));
            return true;
        };
        var call = router.Rent();
        call.Encode(new LookupRequest { Directory = Inode, Name = name });
        using var answer = await call.SendNamedAsync(Opcode.Lookup, Inode, name, 8, mutation: false);
        Assert.Equal(Errno.None, answer.Status);
        Assert.Equal([Inode.Shard, PlacementHash.Partition(Inode, new(1), FakeCluster.ShardCount)], node.Seen.Select(header => header.Shard));
    }

    [Fact]
    public async Task A_restarted_node_is_noticed()
    {
        await using var first = new FakeNode(ChunkBytes);
        await using var router = RouterTo(first);
        var noticed = new TaskCompletionSource<NodeId>();
        router.NodeRestarted += noticed.SetResult;
        Assert.Equal(Errno.None, await GetAttributesAsync(router));
        var port = first.Port;
        await first.DisposeAsync();
        await using var second = new FakeNode(ChunkBytes, port, incarnation: 2);
        Assert.Equal(Errno.None, await GetAttributesAsync(router));
        Assert.Equal(new NodeId(1), await noticed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    private static ClusterRouter RouterTo(FakeNode node) =>
        new(FakeCluster.Session(FakeCluster.Map(node), ChunkBytes), 0, 20_000, 1, NullLogger.Instance);

    private static async Task<Errno> GetAttributesAsync(ClusterRouter router)
    {
        var call = router.Rent();
        call.Encode(new InodeRequest(Inode));
        using var answer = await call.SendAsync(Opcode.GetAttr, Inode.Shard);

        // The answer came on a receiver's thread, which a test must not keep.
        await Task.Yield();
        return answer.Status;
    }

    private static byte[] NameIn(uint partition)
    {
        for (var i = 0; ; i++)
        {
            var name = System.Text.Encoding.UTF8.GetBytes($"name{i}");
            if ((PlacementHash.Name(name) & 1) == partition)
                return name;
        }
    }
}
