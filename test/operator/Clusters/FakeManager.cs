using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SealFs.Core.Control.V1;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>A manager that speaks the real contract over real gRPC, and whose nodes are numbers: shards move from a draining node at every <see cref="Step"/>.</summary>
internal sealed class FakeManager : Control.ControlBase, IAsyncDisposable
{
    public const int ShardCount = 60;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, FakeNode> _nodes = new(StringComparer.Ordinal);
    private WebApplication? _application;

    public string Address { get; private set; } = "";

    public List<string> Calls { get; } = [];

    public List<string> Violations { get; } = [];

    public int ExpectedNodes { get; set; } = 3;

    /// <summary>Drains do not get on while this is set.</summary>
    public bool HoldDrains { get; set; }

    /// <summary>Is told when somebody changes something.</summary>
    public Action? Changed { get; set; }

    public string? NotRestartable { get; set; }

    private bool IsBuilt { get; set; }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _application = builder.Build();
        _application.MapGrpcService<FakeManager>();
        await _application.StartAsync();
        Address = new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
            await _application.DisposeAsync();
    }

    public int ShardsOf(string node)
    {
        lock (_gate)
            return _nodes.TryGetValue(node, out var known) ? known.Shards : 0;
    }

    public bool Knows(string node)
    {
        lock (_gate)
            return _nodes.ContainsKey(node);
    }

    public bool IsDraining(string node)
    {
        lock (_gate)
            return _nodes.TryGetValue(node, out var known) && known.IsDraining;
    }

    /// <summary>A node's pod became ready, or went.</summary>
    public void SetLive(string node, bool live)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out var known))
            {
                if (!live)
                    return;
                _nodes[node] = known = new FakeNode();
            }
            known.IsLive = live;
            if (!IsBuilt && _nodes.Count >= ExpectedNodes)
            {
                IsBuilt = true;
                Spread(ShardCount, _nodes.Values.ToList());
            }
        }
    }

    /// <summary>One moment: some shards leave draining nodes, and new nodes get their share.</summary>
    public void Step()
    {
        lock (_gate)
        {
            if (!IsBuilt || HoldDrains)
                return;
            var staying = _nodes.Values.Where(node => node.IsLive && !node.IsDraining).ToList();
            foreach (var leaving in _nodes.Values.Where(node => node.IsDraining && node.IsLive && node.Shards > 0 && staying.Count > 0))
            {
                var count = Math.Min(7, leaving.Shards);
                leaving.Shards -= count;
                Spread(count, staying);
            }
            if (staying.Find(node => node.Shards == 0) is { } fresh && staying.MaxBy(node => node.Shards) is { Shards: > 5 } full)
                (full.Shards, fresh.Shards) = (full.Shards - 5, 5);
        }
    }

    public override Task<ClusterStatusResponse> ClusterStatus(ClusterStatusRequest request, ServerCallContext context)
    {
        lock (_gate)
        {
            return Task.FromResult(new ClusterStatusResponse
            {
                ClusterId = "test",
                ManagerVersion = "0.1.0",
                ShardCount = ShardCount,
                MapBuilt = IsBuilt,
                ShardsUnavailable = (uint)_nodes.Values.Where(node => !node.IsLive).Sum(node => node.Shards),
            });
        }
    }

    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context)
    {
        lock (_gate)
            return Task.FromResult(new ListNodesResponse { Nodes = { _nodes.Select(pair => pair.Value.ToStatus(pair.Key)) } });
    }

    public override Task<ListMovesResponse> ListMoves(ListMovesRequest request, ServerCallContext context) => Task.FromResult(new ListMovesResponse());

    public override Task<DrainNodeResponse> DrainNode(NodeRequest request, ServerCallContext context)
    {
        lock (_gate)
        {
            var node = Find(request.Node, "drain");
            if (node.IsDraining)
                Violations.Add($"drain of {request.Node} was asked for twice");
            (node.IsDraining, node.ShardsAtStart) = (true, node.Shards);
            return Task.FromResult(new DrainNodeResponse { Progress = node.ToStatus(request.Node).Drain });
        }
    }

    public override Task<CancelDrainResponse> CancelDrain(NodeRequest request, ServerCallContext context)
    {
        lock (_gate)
            Find(request.Node, "cancel").IsDraining = false;
        return Task.FromResult(new CancelDrainResponse());
    }

    public override Task<RemoveNodeResponse> RemoveNode(RemoveNodeRequest request, ServerCallContext context)
    {
        lock (_gate)
        {
            var node = Find(request.Node, "remove");
            if (node.Shards > 0 || (node.IsLive && !node.IsDraining) || request.ForceLoseData)
            {
                Violations.Add($"removal of {request.Node} with {node.Shards} shards");
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "it holds data"));
            }
            _nodes.Remove(request.Node);
        }
        return Task.FromResult(new RemoveNodeResponse());
    }

    public override Task<NodeSafetyResponse> NodeSafety(NodeRequest request, ServerCallContext context)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(request.Node, out var node))
                throw new RpcException(new Status(StatusCode.NotFound, $"There is no node {request.Node}."));
            var answer = new NodeSafetyResponse { SafeToRemove = node.Shards == 0, SafeToRestart = NotRestartable is null && _nodes.Values.All(other => other.IsLive) };
            if (NotRestartable is not null)
                answer.NotRestartableBecause.Add(NotRestartable);
            return Task.FromResult(answer);
        }
    }

    private FakeNode Find(string name, string call)
    {
        Calls.Add($"{call} {name}");
        Changed?.Invoke();
        if (_nodes.TryGetValue(name, out var node))
            return node;
        Violations.Add($"{call} of the unknown node {name}");
        throw new RpcException(new Status(StatusCode.NotFound, $"There is no node {name}."));
    }

    private static void Spread(int shards, List<FakeNode> nodes)
    {
        for (var i = 0; i < shards; i++)
            nodes.MinBy(node => node.Shards)!.Shards++;
    }

    private sealed class FakeNode
    {
        public bool IsLive { get; set; }

        public int Shards { get; set; }

        public bool IsDraining { get; set; }

        public int ShardsAtStart { get; set; }

        public NodeStatus ToStatus(string name) => new()
        {
            Node = new MapNode { Name = name, State = IsLive ? NodeState.Live : NodeState.Dead },
            PrimaryShards = (uint)Shards,
            CapacityBytes = 100UL << 30,
            FreeBytes = 90UL << 30,
            Drain = IsDraining ? new DrainProgress { ShardsLeft = (uint)Shards, ShardsAtStart = (uint)ShardsAtStart, Done = Shards == 0 } : null,
        };
    }
}
