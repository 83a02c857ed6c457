using SealFs.Core;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Nodes in this process or in processes of their own, on one temporary directory.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<NodeId, IAsyncDisposable> _nodes = [];

    private TestCluster(int nodes, uint shards, ulong splitThreshold) =>
        Layout = new TestLayout(_directory.Directory, nodes, shards, splitThreshold);

    public TestLayout Layout { get; }

    public static TestCluster Start(int nodes = 3, uint shards = 16, ulong splitThreshold = 8192)
    {
        var cluster = new TestCluster(nodes, shards, splitThreshold);
        foreach (var id in cluster.Layout.NodeIds)
            cluster.StartHere(id);
        return cluster;
    }

    /// <summary>A cluster whose nodes are all processes, so that each of them may die.</summary>
    public static TestCluster StartChildren(int nodes = 2, uint shards = 8, ulong splitThreshold = 8192)
    {
        var cluster = new TestCluster(nodes, shards, splitThreshold);
        foreach (var id in cluster.Layout.NodeIds)
            cluster.StartChild(id);
        return cluster;
    }

    public TestNode StartHere(NodeId id)
    {
        var node = TestNode.Start(Layout, id);
        _nodes[id] = node;
        return node;
    }

    public ChildNode StartChild(NodeId id, string? failpoint = null)
    {
        var node = ChildNode.Start(Layout, id, failpoint);
        _nodes[id] = node;
        return node;
    }

    public TestNode Here(NodeId id) => (TestNode)_nodes[id];

    public ChildNode Child(NodeId id) => (ChildNode)_nodes[id];

    public async Task StopAsync(NodeId id)
    {
        if (_nodes.Remove(id, out var node))
            await node.DisposeAsync();
    }

    public TestClient Client() => new(Layout);

    /// <summary>Waits until no transaction is open anywhere, stops everything, and checks every row of every node.</summary>
    public async Task<ClusterState> StopAndCheckAsync()
    {
        foreach (var id in Layout.NodeIds)
        {
            if (_nodes[id] is TestNode)
                continue;
            await StopAsync(id);
            StartHere(id);
        }

        await SettleAsync();
        foreach (var id in Layout.NodeIds)
            await StopAsync(id);
        return ClusterState.Read(Layout);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in Layout.NodeIds)
            await StopAsync(id);
        _directory.Dispose();
    }

    private async Task SettleAsync()
    {
        var deadline = Environment.TickCount64 + 30_000;
        while (_nodes.Values.OfType<TestNode>().Any(HasOpenTransactions))
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException("transactions stay open");
            await Task.Delay(5);
        }
    }

    private static bool HasOpenTransactions(TestNode node) => node.Context.Shards.All().Any(shard =>
    {
        using (shard.Enter())
            return shard.Transactions.PreparedCount + shard.Transactions.ActiveCount + shard.Transactions.UndeliveredCount > 0;
    });
}
