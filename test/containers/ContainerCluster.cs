using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using DotNet.Testcontainers.Volumes;
using Microsoft.Extensions.Logging.Abstractions;

namespace SealFs.Containers.Tests;

/// <summary>
/// A manager and storage nodes as containers on a network of their own, as the operator runs them: user 10001, read-only root, no capabilities. Clients, which mount, are root with the
/// one capability for it.
/// </summary>
public sealed class ContainerCluster : IAsyncDisposable
{
    public const string Volume = "test";
    private const string Data = "/var/lib/sealfs";
    private const string Mounts = "/mnt";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly INetwork _network = new NetworkBuilder().WithLogger(NullLogger.Instance).Build();
    private readonly SharedDirectory _mounts = new();
    private readonly Dictionary<string, IContainer> _containers = [];
    private readonly List<IVolume> _volumes = [];
    private readonly Dictionary<string, string> _logsOfGone = [];

    private ContainerCluster()
    {
    }

    /// <summary>All containers with their present names on the network.</summary>
    public IEnumerable<string> Names => _containers.Keys;

    /// <summary>Starts everything; the cluster is healthy and has a volume when this returns. Skips the test where no container can run.</summary>
    public static async Task<ContainerCluster> StartAsync(int nodes)
    {
        Assert.SkipWhen(await Engine.ObstacleAsync() is not null, await Engine.ObstacleAsync() ?? "");
        var cluster = new ContainerCluster();
        try
        {
            await cluster._network.CreateAsync();
            await cluster.StartManagerAsync(nodes, Engine.Image, await cluster.NewVolumeAsync());
            for (var number = 1; number <= nodes; number++)
                await cluster.StartNodeAsync(number);
            await cluster.WaitHealthyAsync();
            await cluster.CommandAsync("volume", "create", Volume, "--manager", "manager:7400");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that mounts the volume, and beside it a container with a shell in which <see cref="ShellAsync"/> sees the mount.</summary>
    public async Task StartClientAsync(string name)
    {
        Directory.CreateDirectory(Path.Combine(_mounts.Path, name));
        await StartAsync(name, new ContainerBuilder(Engine.Image)
            .WithCommand("mount", "--foreground", "--manager", "manager:7400", Volume, $"{Mounts}/{name}")
            .WithTmpfsMount("/run")
            .WithCreateParameterModifier(parameters =>
            {
                var host = Restrict(parameters);
                host.CapAdd = ["SYS_ADMIN"];

                // The profile that Docker has where there is AppArmor allows no mounts, whoever asks.
                host.SecurityOpt = ["no-new-privileges", "apparmor=unconfined"];
                host.Devices = [new DeviceMapping { PathOnHost = "/dev/fuse", PathInContainer = "/dev/fuse", CgroupPermissions = "rwm" }];
                host.Mounts!.Add(SharedMount("rshared"));
            }));
        await StartAsync($"{name}-shell", new ContainerBuilder(Engine.ToolsImage)
            .WithEntrypoint("bash", "-c", "trap exit TERM; sleep infinity & wait")
            .WithCreateParameterModifier(parameters => Restrict(parameters).Mounts!.Add(SharedMount("rslave"))));
        await UntilAsync($"{name} has mounted", async () =>
            (await _containers[$"{name}-shell"].ExecAsync(["mountpoint", "-q", $"{Mounts}/{name}"])).ExitCode == 0);
    }

    /// <summary>Runs a script in the shell container of a client, in the mount; returns what it printed.</summary>
    public async Task<string> ShellAsync(string client, string script)
    {
        var result = await _containers[$"{client}-shell"].ExecAsync(["bash", "-ec", $"cd {Mounts}/{client}\n{script}"]);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Stderr}");
        return result.Stdout.Trim();
    }

    /// <summary>Runs the command line in the manager's container; returns what it printed.</summary>
    public async Task<string> CommandAsync(params string[] arguments)
    {
        var result = await _containers["manager"].ExecAsync(["sealfs", .. arguments]);
        Assert.True(result.ExitCode == 0, $"sealfs {string.Join(' ', arguments)}: exit code {result.ExitCode}: {result.Stderr}");
        return result.Stdout;
    }

    public Task WaitHealthyAsync() => UntilAsync("all nodes and shards are there", async () =>
        (await _containers["manager"].ExecAsync(["sealfs", "cluster", "status", "--manager", "manager:7400", "--timeout", "1s"])).ExitCode == 0);

    /// <summary>SIGKILL, of all that runs in the container, and a new start of it.</summary>
    public async Task KillAndStartAsync(string name)
    {
        await Engine.Client.Containers.KillContainerAsync(_containers[name].Id, new ContainerKillParameters { Signal = "SIGKILL" });
        await Engine.Client.Containers.WaitContainerAsync(_containers[name].Id);
        await Engine.Client.Containers.StartContainerAsync(_containers[name].Id, new ContainerStartParameters());
    }

    /// <summary>SIGTERM, and SIGKILL when that is not enough for it within the time; returns the exit code.</summary>
    public async Task<long> StopAsync(string name, TimeSpan limit)
    {
        await Engine.Client.Containers.StopContainerAsync(_containers[name].Id, new ContainerStopParameters { WaitBeforeKillSeconds = (uint)limit.TotalSeconds });
        return (await InspectAsync(name)).State!.ExitCode;
    }

    /// <summary>The manager's container is removed, and one of another image goes on with its volume.</summary>
    public async Task ExchangeManagerAsync(int nodes)
    {
        Assert.Equal(0, await StopAsync("manager", TimeSpan.FromSeconds(30)));
        _logsOfGone["manager"] = await LogOfAsync("manager");
        await _containers["manager"].DisposeAsync();
        await StartManagerAsync(nodes, Engine.NextImage, _volumes[0]);
    }

    /// <summary>The process of the container, by the machine's number.</summary>
    public async Task<long> ProcessOfAsync(string name) => (await InspectAsync(name)).State!.Pid;

    public async Task<string> AddressOfAsync(string name) => (await InspectAsync(name)).NetworkSettings!.Networks!.Values.Single().IPAddress!;

    public async Task<string> LogOfAsync(string name)
    {
        var (output, errors) = await _containers[name].GetLogsAsync(timestampsEnabled: false);
        return _logsOfGone.GetValueOrDefault(name) + output + errors;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, container) in _containers.Reverse())
            await container.DisposeAsync();
        _mounts.Dispose();
        foreach (var volume in _volumes)
            await volume.DisposeAsync();
        await _network.DisposeAsync();
    }

    private Task StartManagerAsync(int nodes, string image, IVolume volume) => StartAsync("manager", AsInPod(image, volume)
        .WithCommand("manager", "--data-dir", $"{Data}/manager", "--listen", "0.0.0.0:7400", "--expected-nodes", $"{nodes}", "--insecure"));

    private async Task StartNodeAsync(int number) => await StartAsync($"node-{number}", AsInPod(Engine.Image, await NewVolumeAsync())
        .WithCommand(
            "node", "--manager", "manager:7400", "--name", $"node-{number}", "--listen", "0.0.0.0:7410", "--advertise", $"node-{number}:7410",
            "--metadata-dir", $"{Data}/metadata", "--data-dir", $"{Data}/data", "--unix-socket", "off", "--insecure"));

    private static ContainerBuilder AsInPod(string image, IVolume volume) => new ContainerBuilder(image)
        .WithVolumeMount(volume, Data)
        .WithTmpfsMount("/tmp")
        .WithEnvironment("SEALFS_LOG_LEVEL", "trace")
        .WithCreateParameterModifier(parameters =>
        {
            Restrict(parameters);
            parameters.User = "10001:10001";
        });

    private static HostConfig Restrict(CreateContainerParameters parameters)
    {
        var host = parameters.HostConfig ??= new HostConfig();
        host.ReadonlyRootfs = true;
        host.CapDrop = ["ALL"];
        host.SecurityOpt = ["no-new-privileges"];
        host.Mounts ??= [];
        return host;
    }

    private Task<ContainerInspectResponse> InspectAsync(string name) => Engine.Client.Containers.InspectContainerAsync(_containers[name].Id);

    private Mount SharedMount(string propagation) =>
        new() { Type = "bind", Source = _mounts.Path, Target = Mounts, BindOptions = new BindOptions { Propagation = propagation } };

    private async Task StartAsync(string name, ContainerBuilder builder)
    {
        var container = builder.WithLogger(NullLogger.Instance).WithNetwork(_network).WithNetworkAliases(name).Build();
        await container.StartAsync();
        _containers[name] = container;
    }

    /// <summary>A volume that belongs to user 10001, as an orchestrator gives it with fsGroup.</summary>
    private async Task<IVolume> NewVolumeAsync()
    {
        var volume = new VolumeBuilder().WithLogger(NullLogger.Instance).Build();
        await volume.CreateAsync();
        _volumes.Add(volume);
        await using var once = new ContainerBuilder(Engine.ToolsImage).WithLogger(NullLogger.Instance).WithEntrypoint("chown").WithCommand("10001:10001", Data).WithVolumeMount(volume, Data).Build();
        await once.StartAsync();
        Assert.Equal(0, await once.GetExitCodeAsync());
        return volume;
    }

    private async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await isSo())
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"not in time: {what}\n{string.Join('\n', await Task.WhenAll(_containers.Keys.Select(TailAsync)))}");
            await Task.Delay(100);
        }
    }

    private async Task<string> TailAsync(string name) => $"{name}: {string.Join('\n', (await LogOfAsync(name)).Split('\n').TakeLast(5))}";
}
