using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core.Security;
using SealFs.Operator.Administration;
using SealFs.Operator.Certificates;
using SealFs.Operator.CrdTool;
using SealFs.Operator.Runtime;
using SealFs.Testing.Kubernetes;

namespace SealFs.Operator.Tests.Clusters;

/// <summary>An API server, the controllers of Kubernetes, a manager, and operators that can be killed at any time.</summary>
internal sealed class OperatorWorld : IClusterAdministrations, IAsyncDisposable
{
    private static readonly LeaderTimes s_times = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(50));
    private readonly CancellationTokenSource _stop = new();
    private readonly ManagerAdministrations _administrations = new(TimeSpan.FromSeconds(5));
    private readonly List<RunningOperator> _operators = [];
    private Task _controlling = Task.CompletedTask;
    private int _count;

    public const string DriverSpace = "driver";

    public ApiServer Server { get; private set; } = null!;

    public FakeManager Manager { get; } = new();

    /// <summary>The operators' clock: it shows another date, and goes as fast as any.</summary>
    public ShiftedClock Clock { get; } = new();

    public FakeControllers Controllers { get; private set; } = null!;

    public static async Task<OperatorWorld> StartAsync()
    {
        var world = new OperatorWorld { Server = await ApiServer.StartAsync() };
        await world.Manager.StartAsync();
        world.Server.Create("namespaces", "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = DriverSpace } });
        world.Server.Create("customresourcedefinitions", "", ClusterDefinition.Build());
        world.Controllers = new FakeControllers(world.Server, world.Manager);
        world._controlling = Task.Run(world.ControlAsync);
        return world;
    }

    /// <summary>With what the operator would have talked to the manager last; the one here speaks cleartext.</summary>
    public Credentials? Shown { get; private set; }

    /// <summary>What operators that are started from now on are told of certificates.</summary>
    public CertificateOptions Certificates { get; set; } = new() { SecretsMaxAge = TimeSpan.Zero, DriverNamespace = DriverSpace };

    public IClusterAdministration Of(string managerAddress, Credentials? credentials)
    {
        Shown = credentials;
        return _administrations.Of(Manager.Address, null);
    }

    public RunningOperator StartOperator()
    {
        var stop = new CancellationTokenSource();
        var options = new OperatorOptions
        {
            Identity = $"operator-{Interlocked.Increment(ref _count)}",
            LeaderTimes = s_times,
            BusyInterval = TimeSpan.FromMilliseconds(50),
            Certificates = Certificates,
            Random = new Random(_count),
        };
        var host = new OperatorHost(Server.Client(), this, options, Clock, NullLoggerFactory.Instance);
        var running = new RunningOperator(host, stop, host.RunAsync(stop.Token));
        _operators.Add(running);
        return running;
    }

    public void CreateCluster(int nodes, Action<JsonObject>? change = null, string name = "demo")
    {
        Manager.ExpectedNodes = nodes;
        var cluster = new JsonObject
        {
            ["apiVersion"] = "sealfs.io/v1alpha1",
            ["kind"] = "SealFsCluster",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject { ["image"] = "sealfs:1", ["storageNodes"] = new JsonObject { ["replicas"] = nodes } },
        };
        change?.Invoke(cluster["spec"]!.AsObject());
        Server.Create("sealfsclusters", "default", cluster);
    }

    public void ChangeSpec(Action<JsonNode> change) => Server.Update("sealfsclusters", "default", "demo", "kubectl", cluster => change(cluster["spec"]!));

    public void Scale(int nodes) => ChangeSpec(spec => spec["storageNodes"]!["replicas"] = nodes);

    public JsonNode? Status => Server.Get("sealfsclusters", "default", "demo")?["status"];

    public string? Phase => (string?)Status?["phase"];

    public JsonNode? Condition(string type) => Status?["conditions"]?.AsArray().FirstOrDefault(condition => (string)condition!["type"]! == type);

    public bool Is(string type) => (string?)Condition(type)?["status"] == "True";

    public int SetSize => (int?)Server.Get("statefulsets", "default", "demo-node")?["spec"]!["replicas"] ?? 0;

    public IReadOnlyList<JsonObject> NodePods => [.. Server.List("pods", "default").Where(pod => ((string)pod["metadata"]!["name"]!).StartsWith("demo-node-", StringComparison.Ordinal))];

    public IEnumerable<string> Events => Server.List("events").Select(one => (string)one["reason"]!);

    public string Images => string.Join(' ', NodePods.OrderBy(pod => (string)pod["metadata"]!["name"]!).Select(pod => (string)pod["spec"]!["containers"]![0]!["image"]!));

    public Task UntilPhase(string phase) => Until.Equal(phase, () => Phase ?? "", "the phase");

    public async Task UntilReady(int nodes)
    {
        await Until.True(
            () => Phase == "Ready" && (int?)Status!["nodesReady"] == nodes && SetSize == nodes && NodePods.Count == nodes && !Is("Progressing")
                && (long)Status!["observedGeneration"]! == (long)Server.Get("sealfsclusters", "default", "demo")!["metadata"]!["generation"]!,
            $"{nodes} ready nodes; status {Status?.ToJsonString()}", 60);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var running in _operators)
            await running.StopAsync();
        await _stop.CancelAsync();
        await _controlling;
        await Server.DisposeAsync();
        await Manager.DisposeAsync();
        _administrations.Dispose();
        _stop.Dispose();
    }

    private async Task ControlAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Controllers.Step();
            await Task.Delay(5);
        }
    }
}

/// <summary>An operator that runs.</summary>
internal sealed record RunningOperator(OperatorHost Host, CancellationTokenSource Stop, Task Running)
{
    public async Task StopAsync()
    {
        await Stop.CancelAsync();
        await Running;
    }
}
