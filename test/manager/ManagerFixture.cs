using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Testing;
using Xunit;

namespace SealFs.Manager.Tests;

/// <summary>A manager on real sockets with a clock that the test moves, its data in a directory of its own, and a client.</summary>
internal sealed class ManagerFixture : IAsyncDisposable
{
    private readonly Dictionary<uint, ulong> sequences = [];

    private ManagerFixture(string directory, ManualClock clock, ManagerOptions options, ManagerHost host)
    {
        DirectoryPath = directory;
        Clock = clock;
        Options = options;
        Host = host;
        Client = new ControlClient([host.Address]);
    }

    public string DirectoryPath { get; }

    public ManualClock Clock { get; }

    public ManagerOptions Options { get; private set; }

    public ManagerHost Host { get; private set; }

    public ControlClient Client { get; }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ManagerFixture> StartAsync(Func<ManagerOptions, ManagerOptions>? adjust = null)
    {
        var directory = Directory.CreateTempSubdirectory("sealfs-manager-").FullName;
        var clock = new ManualClock();
        var options = new ManagerOptions { DataDirectory = directory, Port = 0, MetricsPort = 0, Clock = clock };
        options = adjust?.Invoke(options) ?? options;
        return new(directory, clock, options, await ManagerHost.StartAsync(options, cancellation: Cancellation));
    }

    /// <summary>Stops the manager and, after a while without one, starts another on the same data and the same port.</summary>
    public async Task RestartAsync(TimeSpan down = default, bool forgetEverything = false)
    {
        await Host.DisposeAsync();
        Clock.Advance(down);
        if (forgetEverything)
            Directory.Delete(DirectoryPath, recursive: true);
        Options = Options with { Port = int.Parse(Host.Address.Split(':')[^1]) };
        Host = await ManagerHost.StartAsync(Options, cancellation: Cancellation);
    }

    public Task<RegisterNodeResponse> RegisterAsync(int number, ulong incarnation = 1, string? name = null) =>
        Client.RegisterNodeAsync(Registration(number, incarnation, name), Cancellation);

    public static RegisterNodeRequest Registration(int number, ulong incarnation = 1, string? name = null) => new()
    {
        NodeUuid = new Guid(number, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]).ToString("D"),
        Name = name ?? $"node-{number}",
        Address = $"127.0.0.1:{7500 + number}",
        UnixPath = $"/tmp/node-{number}.sock",
        HostIdentity = "host",
        Zone = $"zone-{number}",
        Incarnation = incarnation,
        CapacityBytes = 1 << 30,
        PublicKey = Google.Protobuf.ByteString.CopyFrom(1),
    };

    public Task<HeartbeatResponse> HeartbeatAsync(uint node, Action<HeartbeatRequest>? fill = null, ulong incarnation = 1)
    {
        var sequence = sequences[node] = sequences.GetValueOrDefault(node) + 1;
        var request = new HeartbeatRequest { NodeId = node, Incarnation = incarnation, Sequence = sequence };
        fill?.Invoke(request);
        return Client.HeartbeatAsync(request, TimeSpan.FromSeconds(10), Cancellation);
    }

    /// <summary>Moves the clock until what is awaited has happened, one step at a time; the manager's own timer runs in between.</summary>
    public async Task AdvanceUntilAsync(Func<Task<bool>> happened, TimeSpan step)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            if (await happened())
                return;
            Clock.Advance(step);
            await Task.Yield();
        }
        Assert.Fail("What was waited for did not happen.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(DirectoryPath, recursive: true);
    }
}
