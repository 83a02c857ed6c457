using Microsoft.Extensions.Logging;
using SealFs.Core.Control;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Quota;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// Everything of a node that needs no socket and no directory: the operations over an engine and a chunk store that are handed in, and the life in the cluster.
/// <see cref="NodeHost"/> gives it real ones; a simulation gives it its own.
/// </summary>
internal sealed class NodeParts : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly NodeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly TransactionOperations _transactions;

    /// <param name="options">How the node runs.</param>
    /// <param name="directory">Who the node is, and whether its last run may have lost anything.</param>
    /// <param name="engine">Its metadata; not disposed with this.</param>
    /// <param name="chunks">Its data; belongs to this from here on.</param>
    /// <param name="loggers">Where everything is logged.</param>
    /// <param name="execution">What it runs on.</param>
    public NodeParts(
        NodeOptions options, INodeDirectory directory, IMetadataEngine engine, IChunkStore chunks, ILoggerFactory loggers, NodeExecution? execution = null)
    {
        _options = options;
        _loggers = loggers;
        Node = Own(new NodeContext(engine, directory.Identity, options.Time, loggers, execution));
        Node.RememberLoss = directory.NoteLoss;
        if (directory.MayHaveLost)
        {
            Node.RenewVerifiers();
            directory.VerifiersRenewed();
        }

        Node.GroupCommit.Interval = options.SyncInterval;
        Node.ReassertTime = options.ReassertTime;
        Node.NameLeaseTime = options.NameLeaseTime;
        Node.Credentials = options.Credentials;
        Data = FileData.Attach(Node, chunks, collectInterval: options.CollectInterval);
        Data.Chunks.BytesMayBeLost = directory.HasEverLost;
        _parts.Push(Data);
        Node.Quota = Own(new VolumeQuota(Node, new DiskReserve(Data.Store.GetSpace, options.Time)));
        NameOperations.Register(Node.Operations);
        _transactions = TransactionOperations.Register(Node.Operations, Node, new TransactionOptions { SplitThreshold = options.SplitThreshold });
        _parts.Push(_transactions);
        Handler = new ConnectionHandler(Node, new Greeter(Node, loggers.CreateLogger<Greeter>()));
        Directory = directory;
    }

    public NodeContext Node { get; }

    public FileData Data { get; }

    /// <summary>Takes what comes over connections.</summary>
    public ConnectionHandler Handler { get; }

    public INodeDirectory Directory { get; }

    /// <summary>Known after <see cref="JoinAsync"/> has begun.</summary>
    public NodeAgent? Agent { get; private set; }

    /// <summary>Registers, which waits for the manager as long as it takes, and begins what a node does by itself.</summary>
    /// <exception cref="ControlException">The cluster refuses this node.</exception>
    public async Task JoinAsync(ControlClient control, NodeAddress address, NodeDisks disks, CancellationToken cancellation)
    {
        var (tasks, random) = (Node.Execution.Tasks, Node.Execution.Random);
        var removal = new VolumeRemoval(Node, _loggers.CreateLogger<VolumeRemoval>());
        _parts.Push(removal);
        var watcher = new MapWatcher(
            control, wantsHints: true, clock: _options.Time, logger: _loggers.CreateLogger<MapWatcher>(), tasks: tasks, random: random);
        _parts.Push(watcher);
        var learners = Learners.Attach(Data, new ManagerSwitchControl(control, watcher, Node.Identity), tasks);
        _parts.Push(learners);
        Agent = new NodeAgent(Node, Directory, _options, address, disks, removal, learners, _loggers.CreateLogger<NodeAgent>());
        watcher.Changed += Node.Follow;
        var loop = new NodeHeartbeatLoop(control, Agent, watcher, _options.Time, _loggers.CreateLogger<NodeHeartbeatLoop>(), tasks, random);
        _parts.Push(loop);
        Node.RequestHeartbeat = loop.RequestUrgent;
        await loop.StartAsync(cancellation);
        watcher.Start();
        _transactions.Start();
        _parts.Push(new NodeHousekeeping(Node));
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
            await part.DisposeAsync();
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _parts.Push(new OwnedPart(part));
        return part;
    }
}
