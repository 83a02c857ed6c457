using Microsoft.Extensions.Logging;
using SealFs.Cli.Mounts;
using SealFs.Client.Tests.Mounts;

namespace SealFs.CsiDriver.Tests.Controller;

/// <summary>A cluster in this process, and the driver's controller on a real socket.</summary>
public sealed class ControllerFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sealfs-csi-test-").FullName;
    private CsiDriverHost? _driver;

    public TestCluster Cluster { get; private set; } = null!;

    public string SocketPath => Path.Combine(_directory, "csi.sock");

    public CsiSocket Csi { get; private set; } = null!;

    public LogLines Log { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Cluster = await TestCluster.StartAsync(nodes: 1);
        var options = new CsiDriverOptions
        {
            Mode = CsiMode.Controller,
            SocketPath = SocketPath,
            Managers = [Cluster.ManagerAddress],
            ApplyMountFlag = MountOptionParser.Apply,
        };
        _driver = await CsiDriverHost.StartAsync(options, new LoggerFactory([Log], new LoggerFilterOptions { MinLevel = LogLevel.Trace }));
        Csi = new CsiSocket(options.SocketPath);
    }

    public async ValueTask DisposeAsync()
    {
        Csi?.Dispose();
        if (_driver is not null)
            await _driver.DisposeAsync();
        await Cluster.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
