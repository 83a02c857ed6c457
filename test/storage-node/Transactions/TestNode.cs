using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Tokens;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Engine.RocksDb;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Quota;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Transactions;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>A storage node with all operations on names, on a real socket and a real store, that is told its map instead of asking a manager.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly RpcServer _server;
    private readonly TransactionOperations _transactions;

    private TestNode(NodeContext context, RpcServer server, TransactionOperations transactions, FileData data)
    {
        Data = data;
        Context = context;
        _server = server;
        _transactions = transactions;
    }

    public NodeContext Context { get; }

    public FileData Data { get; }

    public static TestNode Start(TestLayout layout, NodeId id)
    {
        Directory.CreateDirectory(layout.StorePath(id));
        var engine = new RocksMetadataEngine(layout.StorePath(id), new MetadataEngineOptions { CacheBytes = 32 << 20, WriteBufferBytes = 16 << 20 });
        var identity = new NodeIdentity { Uuid = Guid.NewGuid(), Node = id, Incarnation = (ulong)Environment.TickCount64 };
        var context = new NodeContext(engine, identity, TimeProvider.System, NullLoggerFactory.Instance)
        {
            TokenKey = SessionToken.PublicKeyOf(TestLayout.TokenKey),
            PeerToken = PeerTokenOf(id),

            // No client has anything open when a node dies.
            ReassertTime = TimeSpan.Zero,
            NameLeaseTime = TimeSpan.Zero,
        };
        context.Sessions.Listed([], newest: 0);
        context.Quota = new VolumeQuota(context);
        var data = FileData.Attach(context, new FileChunkStore(layout.StorePath(id) + "-data"));
        NameOperations.Register(context.Operations);
        var transactions = TransactionOperations.Register(
            context.Operations, context, new TransactionOptions { SplitThreshold = layout.SplitThreshold });
        context.Follow(layout.Map());
        context.Follow([new VolumeState { Id = TestLayout.Volume, CreatedUnixMs = 1_700_000_000_000 }]);
        var server = new RpcServer(new RpcServerOptions
        {
            UnixPath = layout.SocketPath(id),
            Handler = new ConnectionHandler(context, new Greeter(context, NullLogger<Greeter>.Instance)),
            LoopThreads = 2,
        });
        server.Start();
        transactions.Start();
        return new TestNode(context, server, transactions, data);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(TimeSpan.FromSeconds(2));
        await _transactions.DisposeAsync();
        await Data.DisposeAsync();
        (Context.Quota as IDisposable)?.Dispose();
        Context.Dispose();
        Context.Engine.Dispose();
    }

    private static byte[] PeerTokenOf(NodeId id)
    {
        var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        return SessionToken.Create(TestLayout.TokenKey, new SessionClaims(new SessionId(id.Value), default, TokenAccess.Node, expires));
    }
}
