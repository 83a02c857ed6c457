using SealFs.Client.Buffering;
using SealFs.Client.FileSystem;
using SealFs.Client.Tests.Buffering;
using SealFs.Client.Tests.Fakes;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.FileSystem;

/// <summary>What the nodes are told of open files: everything after their restart, and what a dead worker left after this one's start.</summary>
public sealed class CloseBatcherTests : IAsyncLifetime
{
    private readonly FakeNode _node = new(chunkBytes: 1 << 20);
    private readonly List<OpenReference> _received = [];
    private WorkerModel _worker = null!;
    private CloseBatcher _closes = null!;

    public ValueTask InitializeAsync()
    {
        _worker = WorkerModel.First(_node, 1 << 20, ArenaLayout.For(4 << 20));
        _closes = new CloseBatcher(_worker.Router, _worker.Files.Opened);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _node.DisposeAsync();
    }

    /// <summary>The node takes what a message does not name for closed: several messages would end the references of all but the last.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9000)]
    public async Task A_restarted_node_is_told_everything_in_one_message(int files)
    {
        for (var number = 0; number < files; number++)
            Open(number);
        Receive(Opcode.ReassertOpen);
        await _closes.ReassertAsync(new NodeId(1));
        Assert.Equal(1, _node.CountOf(Opcode.ReassertOpen));
        Assert.Equal(files, _received.Select(static reference => reference.Inode).Distinct().Count());
    }

    [Fact]
    public async Task What_only_a_dead_worker_had_open_is_closed()
    {
        Open(1);
        var lost = new OpenReference(InodeOf(2), _worker.Arena.NextStamp());
        var lastStamp = _worker.Arena.LastStamp;
        var beingCreated = new OpenReference(InodeOf(3), _worker.Arena.NextStamp());
        Receive(Opcode.Close, new OpenReference(InodeOf(1), 1), lost, beingCreated);
        await _closes.ReconcileAsync(lastStamp);
        await _closes.SendAsync();
        Assert.Equal([lost], _received);
    }

    /// <summary>A node may serve shards that this client does not know it by yet.</summary>
    [Fact]
    public async Task A_restarted_node_is_told_what_the_map_gives_to_others()
    {
        Open(1);
        await using var other = new FakeNode(1 << 20);
        _worker.Router.Update(FakeCluster.MapOfMany(2, 1, 1, _node, other));
        await _closes.ReassertAsync(new NodeId(2));
        Assert.Equal(1, other.CountOf(Opcode.ReassertOpen));
        Assert.Equal(0, _node.CountOf(Opcode.ReassertOpen));
    }

    /// <summary>The references came with the shard, unless one of the two nodes was restarted at a bad moment.</summary>
    [Fact]
    public async Task A_node_that_a_shard_with_an_open_file_has_moved_to_is_told()
    {
        await using var other = new FakeNode(1 << 20);
        Open(1);
        var before = FakeCluster.MapOfMany(2, 1, 1, _node, other);
        var shards = before.Shards.ToArray();
        shards[2] = new ShardAssignment(new Epoch(2), ReplicaSet.Of(new NodeId(2)));
        var elsewhere = FakeCluster.Map(3, shards, _node, other);
        shards = elsewhere.Shards.ToArray();
        shards[1] = new ShardAssignment(new Epoch(2), ReplicaSet.Of(new NodeId(2)));
        _worker.Router.MapChanged += _closes.OnMapChanged;
        _worker.Router.Update(before);
        _worker.Router.Update(elsewhere);
        await _closes.SendAsync();
        Assert.Equal(0, other.CountOf(Opcode.ReassertOpen));
        _worker.Router.Update(FakeCluster.Map(4, shards, _node, other));
        await _closes.SendAsync();
        await _closes.SendAsync();
        Assert.Equal(1, other.CountOf(Opcode.ReassertOpen));
        Assert.Equal(0, _node.CountOf(Opcode.ReassertOpen));
    }

    /// <summary>Keeps the references of the requests of one kind; lists these to who asks what is open.</summary>
    private void Receive(Opcode opcode, params OpenReference[] open) => _node.Intercept = request =>
    {
        if (request.Header.Opcode == opcode)
        {
            var reader = new WireReader(request.PayloadSpan);
            while (reader.Remaining > 0)
                _received.Add(OpenReference.Read(ref reader));
        }

        if (request.Header.Opcode != Opcode.ListOpen)
            return false;
        var payload = new byte[open.Length * OpenReference.WireSize];
        var writer = new WireWriter(payload);
        foreach (var reference in open)
            reference.Write(ref writer);
        request.Reply(Errno.None, default(EmptyMessage), payload);
        return true;
    };

    private void Open(int number)
    {
        var file = _worker.Files.Acquire(InodeOf(number));
        var stamp = _worker.Arena.NextStamp();
        Assert.True(_worker.Files.TryOpen(file, stamp, (stamp + 1) * 2));
        _worker.Files.Release(file);
    }

    private static InodeId InodeOf(int number) => InodeId.Create(new ShardId((uint)number % FakeCluster.ShardCount), 100 + (ulong)number);
}
