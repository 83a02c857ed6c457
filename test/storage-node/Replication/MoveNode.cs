using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core;
using SealFs.Core.Rpc;
using SealFs.Core.Tokens;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Quota;
using SealFs.StorageNode.Replication;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions;

namespace SealFs.StorageNode.Tests.Replication;

/// <summary>A storage node with everything that moves shards, on a real socket, real stores and a manager that the test is.</summary>
internal sealed class MoveNode : IAsyncDisposable
{
    private readonly RpcServer _server;
    private readonly TransactionOperations _transactions;
    private readonly VolumeQuota _quota;

    private MoveNode(NodeContext context, RpcServer server, TransactionOperations transactions, FileData data, Learners learners, VolumeQuota quota)
    {
        Context = context;
        Data = data;
        Learners = learners;
        _server = server;
        _transactions = transactions;
        _quota = quota;
    }

    public NodeContext Context { get; }

    public FileData Data { get; }

    public Learners Learners { get; }

    public static MoveNode Start(string directory, NodeId id, ulong incarnation, MoveManager manager, PlantedBugs bugs = PlantedBugs.None, IChunkDevice? disk = null)
    {
        Directory.CreateDirectory(directory);
        var engine = new RocksMetadataEngine(Path.Combine(directory, "metadata"), new MetadataEngineOptions { CacheBytes = 32 << 20, WriteBufferBytes = 16 << 20 });
        var identity = new NodeIdentity { Uuid = Guid.NewGuid(), Node = id, Incarnation = incarnation };
        var context = new NodeContext(engine, identity, TimeProvider.System, NullLoggerFactory.Instance) { TokenKey = SessionToken.PublicKeyOf(MoveCluster.TokenKey), PeerToken = PeerTokenOf(id), PlantedBugs = bugs, NameLeaseTime = TimeSpan.Zero };
        context.Sessions.Listed([], newest: 0);
        var quota = new VolumeQuota(context);
        context.Quota = quota;
        var data = FileData.Attach(context, new FileChunkStore(Path.Combine(directory, "data"), disk), collectInterval: TimeSpan.FromHours(1));
        NameOperations.Register(context.Operations);
        var transactions = TransactionOperations.Register(context.Operations, context, new TransactionOptions());
        var learners = Learners.Attach(data, manager.ControlOf(id));
        context.Follow(manager.Map);
        context.Follow([manager.Volume]);
        var server = new RpcServer(new RpcServerOptions
        {
            UnixPath = manager.SocketOf(id),
            Handler = new ConnectionHandler(context, new Greeter(context, NullLogger<Greeter>.Instance)),
            LoopThreads = 2,
        });
        server.Start();
        transactions.Start();
        return new MoveNode(context, server, transactions, data, learners, quota);
    }

    public ValueTask DisposeAsync() => StopAsync(seal: true);

    /// <summary>Without order nothing is sealed and nobody is told: what the next start finds is what a kill of the process leaves.</summary>
    public async ValueTask StopAsync(bool seal)
    {
        await _server.StopAsync(seal ? TimeSpan.FromSeconds(2) : TimeSpan.Zero);
        await Learners.DisposeAsync();
        await _transactions.DisposeAsync();
        await Data.StopAsync(seal);
        _quota.Dispose();
        Context.Dispose();
        Context.Engine.Dispose();
    }

    private static byte[] PeerTokenOf(NodeId id)
    {
        var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        return SessionToken.Create(MoveCluster.TokenKey, new SessionClaims(new SessionId(id.Value), default, TokenAccess.Node, expires));
    }
}
