using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SealFs.Core.Control.V1;

namespace SealFs.Cli.Tests;

/// <summary>A control plane that answers what a test says, and keeps what it was asked. Two nodes: node-1 (id 1), which is being drained, and node-2 (id 2).</summary>
internal sealed class ScriptedManager : Control.ControlBase, IAsyncDisposable
{
    private WebApplication _application = null!;

    public string Address { get; private set; } = "";

    /// <summary>Every request about moves and nodes, in order.</summary>
    public ConcurrentQueue<object> Asked { get; } = new();

    public Queue<DrainProgress> Drains { get; } = new();

    public NodeSafetyResponse Safety { get; } = new();

    public static async Task<ScriptedManager> StartAsync()
    {
        var manager = new ScriptedManager();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(manager);
        manager._application = builder.Build();
        manager._application.MapGrpcService<ScriptedManager>();
        await manager._application.StartAsync();
        var addresses = manager._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        manager.Address = new Uri(addresses.Addresses.Single()).Authority;
        return manager;
    }

    public Task<ProcessOutcome> RunAsync(string commandLine) => SealFsProcess.RunAsync([.. commandLine.Split(' '), "--manager", Address]);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    public override Task<ClusterStatusResponse> ClusterStatus(ClusterStatusRequest request, ServerCallContext context) =>
        Task.FromResult(new ClusterStatusResponse { ClusterId = "c", MapBuilt = true, ShardCount = 256, NodesLive = 2, Copies = 1, ExpectedNodes = 2 });

    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context) => Task.FromResult(new ListNodesResponse
    {
        Nodes =
        {
            new NodeStatus
            {
                Node = new MapNode { Id = 1, Name = "node-1", State = NodeState.Live, Weight = 1 },
                PrimaryShards = 32,
                ShardBytes = 3 << 20,
                Drain = new DrainProgress { ShardsLeft = 32, ShardsAtStart = 128, BytesLeft = 3 << 20, RemainingMs = 200_000 },
            },
            new NodeStatus
            {
                Node = new MapNode { Id = 2, Name = "node-2", State = NodeState.Live, Weight = 1.5 },
                PrimaryShards = 224,
                MaintenanceUntilUnixMs = DateTimeOffset.UtcNow.AddHours(2).ToUnixTimeMilliseconds(),
            },
        },
    });

    public override Task<ListMovesResponse> ListMoves(ListMovesRequest request, ServerCallContext context) => Task.FromResult(new ListMovesResponse
    {
        Completed = 96,
        CompletedBytes = 9 << 20,
        LongestPauseMs = 41,
        Moves =
        {
            new MoveStatus
            {
                MoveId = 7,
                Shard = 17,
                Source = 1,
                Target = 2,
                Phase = MovePhase.Copying,
                Reason = MoveReason.Drain,
                Copy = new CopyReport { Step = CopyStep.Copying, BytesTotal = 4 << 20, BytesCopied = 1 << 20, EffectsBehind = 12 },
            },
            new MoveStatus { MoveId = 8, Shard = 18, Source = 1, Target = 2, Phase = MovePhase.Waiting, Reason = MoveReason.Drain },
        },
    });

    public override Task<RebalanceResponse> Rebalance(RebalanceRequest request, ServerCallContext context) => Kept(request, new RebalanceResponse
    {
        UnevennessBefore = request.By == BalanceBy.UsedBytes ? 0.25 : 0.125,
        UnevennessAfter = 0.01,
        Moves = { new PlannedMove { Shard = 5, Source = 2, Target = 1, Bytes = 2 << 20 } },
    });

    public override Task<MoveShardResponse> MoveShard(MoveShardRequest request, ServerCallContext context) => Kept(request, new MoveShardResponse { MoveId = 9 });

    public override Task<CancelMoveResponse> CancelMove(CancelMoveRequest request, ServerCallContext context) => Kept(request, new CancelMoveResponse());

    public override Task<CancelDrainResponse> CancelDrain(NodeRequest request, ServerCallContext context) => Kept(request, new CancelDrainResponse());

    public override Task<DrainNodeResponse> DrainNode(NodeRequest request, ServerCallContext context)
    {
        Asked.Enqueue(request);
        if (request.Node == "nobody")
            throw new RpcException(new Status(StatusCode.NotFound, "There is no node nobody."));
        if (!Drains.TryDequeue(out var progress))
            throw new RpcException(new Status(StatusCode.Unavailable, "not now"));
        return Task.FromResult(new DrainNodeResponse { Progress = progress });
    }

    public override Task<RemoveNodeResponse> RemoveNode(RemoveNodeRequest request, ServerCallContext context)
    {
        Asked.Enqueue(request);
        if (!request.ForceLoseData)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "node-1 serves 32 shards: drain it first."));
        return Task.FromResult(new RemoveNodeResponse { LostShards = { 3, 4 } });
    }

    public override Task<SetMaintenanceResponse> SetMaintenance(SetMaintenanceRequest request, ServerCallContext context) =>
        Kept(request, new SetMaintenanceResponse { UntilUnixMs = request.DurationMs == 0 ? 0 : 1_700_000_000_000 });

    public override Task<BalanceSettings> GetBalance(GetBalanceRequest request, ServerCallContext context) =>
        Kept(request, new BalanceSettings { Moves = 8, MovesPerNode = 2, BytesPerSecond = 100_000_000 });

    public override Task<BalanceSettings> SetBalance(SetBalanceRequest request, ServerCallContext context) =>
        Kept(request, new BalanceSettings { Mode = request.Mode, Moves = request.Moves, MovesPerNode = 2, BytesPerSecond = request.BytesPerSecond });

    public override Task<NodeSafetyResponse> NodeSafety(NodeRequest request, ServerCallContext context) => Kept(request, Safety);

    private Task<T> Kept<T>(object request, T response)
    {
        Asked.Enqueue(request);
        return Task.FromResult(response);
    }
}
