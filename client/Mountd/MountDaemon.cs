using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SealFs.Client.Mountd.V1;
using SealFs.Client.Mounting;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>
/// `sealfs mountd`: serves the mounts of a machine for the CSI node plugin, so that no mount depends on the life of a process. Every descriptor is deposited with the
/// plugin; a successor gets the mounts from this process while it lives (<c>.HandOver</c>), or from the plugin when it is dead (<c>.Deposits</c>). Of several mountds
/// one is active, the others stand by.
/// </summary>
public sealed partial class MountDaemon : IAsyncDisposable
{
    private readonly MountdOptions _options;
    private readonly MountdEnvironment _environment;
    private readonly Lifeline _lifeline = new();
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<Guid, ServedMount> _mounts = [];
    private readonly ConcurrentDictionary<MountdConnection, byte> _connections = [];
    private TaskCompletionSource<string> _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MountdConnection? _predecessor;
    private MountdConnection? _successor;
    private volatile DaemonPhase _phase = DaemonPhase.Standby;

    private MountDaemon(MountdOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<MountDaemon>();
        _environment = new MountdEnvironment(options.WorkerCommand ?? SelfCommand.Current, _lifeline.ReadDescriptor, options.MountMemoryBytes / 4, options.TlsClustersDirectory, loggers);
    }

    private enum DaemonPhase
    {
        Standby,
        Active,

        /// <summary>Nothing new is begun: the mounts are on their way to a successor, or kept by the plugin alone.</summary>
        Leaving,
    }

    /// <summary>Serves until <paramref name="stop"/>; then the mounts go on existing with whoever keeps their descriptors.</summary>
    /// <param name="options">How.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="ready">Told whenever it becomes the active one, and when it is that no more.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="IOException">The socket's directory cannot be used.</exception>
    public static async Task RunAsync(MountdOptions options, ILoggerFactory loggers, Action<bool>? ready = null, CancellationToken stop = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.SocketPath))!);
        await using var daemon = new MountDaemon(options, loggers);
        await daemon.RunAsync(ready, stop).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (connection, _) in _connections)
            connection.Dispose();
        _predecessor?.Dispose();
        _successor?.Dispose();
        foreach (var (_, mount) in _mounts)
            await mount.ReleaseAsync().ConfigureAwait(false);
        _lifeline.Dispose();
    }

    private async Task RunAsync(Action<bool>? ready, CancellationToken stop)
    {
        var mayTakeOver = true;
        var isStandbyLogged = false;
        while (!stop.IsCancellationRequested)
        {
            if (DaemonLock.TryTake(_options.SocketPath + ".lock") is { } active)
            {
                using (active)
                    await ServeAsync(ready, stop).ConfigureAwait(false);
                await GiveWayAsync(stop).ConfigureAwait(false);
                mayTakeOver = false;
                isStandbyLogged = false;
                continue;
            }
            if (mayTakeOver)
            {
                // Once: who was relieved waits until it is needed again, and does not take the mounts back.
                mayTakeOver = false;
                await TakeOverAsync(stop).ConfigureAwait(false);
                continue;
            }
            if (!isStandbyLogged && _mounts.IsEmpty)
                LogStandby();
            isStandbyLogged = true;
            await Task.Delay(MountdLimits.StandbyDelay, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (!_mounts.IsEmpty)
            await StopAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// After a hand-over the lock is free, and the successor's to take: it ends the connection when it has it. If it dies instead, the connection ends too, and the lock is anybody's.
    /// </summary>
    private async Task GiveWayAsync(CancellationToken stop)
    {
        if (_successor is not { } successor)
            return;
        await ((Task)successor.Closed).WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        successor.Dispose();
        _successor = null;
    }

    /// <summary>As the active one: until it is stopped, or a successor has all mounts.</summary>
    private async Task ServeAsync(Action<bool>? ready, CancellationToken stop)
    {
        _handedOver = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = Listen();
        _phase = DaemonPhase.Active;
        _predecessor?.Dispose();
        _predecessor = null;
        var accepting = new Thread(() => Accept(listener)) { IsBackground = true, Name = "mountd accept" };
        accepting.Start();
        LogActive(_options.SocketPath, _mounts.Count);
        ready?.Invoke(true);
        using var renewing = new Timer(_ => RenewDeposits(), null, MountdLimits.RenewDeposits, MountdLimits.RenewDeposits);

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult).ConfigureAwait(false);
        await Task.WhenAny(_handedOver.Task, stopped.Task).ConfigureAwait(false);

        ready?.Invoke(false);
        if (!_handedOver.Task.IsCompleted)
            await StopAsync().ConfigureAwait(false);
        listener.Dispose();
        File.Delete(_options.SocketPath);
        foreach (var (connection, _) in _connections.Where(pair => pair.Key != _successor))
            connection.Dispose();
        _connections.Clear();
        foreach (var (id, mount) in _mounts)
        {
            await mount.ReleaseAsync().ConfigureAwait(false);
            _mounts.TryRemove(id, out _);
        }
        _phase = DaemonPhase.Standby;
    }

    /// <summary>Everything written goes to the storage nodes, as far as time allows. The mounts stay, without a worker.</summary>
    private async Task StopAsync()
    {
        _phase = DaemonPhase.Leaving;
        if (!_mounts.IsEmpty && !Plugins.Any())
            LogNobodyKeeps(_mounts.Count);
        await Task.WhenAll(_mounts.Values.Select(mount => mount.SuspendAsync(MountdLimits.StopDrain))).ConfigureAwait(false);
        await Task.WhenAll(_mounts.Values.Select(DepositAsync)).ConfigureAwait(false);
    }

    private Socket Listen()
    {
        // Whoever listened there is dead: the lock is ours.
        File.Delete(_options.SocketPath);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(_options.SocketPath));
            Native.Check(Native.chmod(_options.SocketPath, 0x180), "chmod");
            listener.Listen(MountdLimits.MaxConnections);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private void Accept(Socket listener)
    {
        try
        {
            while (true)
            {
                var socket = listener.Accept();
                if (_connections.Count >= MountdLimits.MaxConnections)
                {
                    socket.Dispose();
                    continue;
                }
                var connection = new MountdConnection(socket, AnswerAsync, _environment.Loggers.CreateLogger<MountdConnection>());
                _connections[connection] = 0;
                connection.Start();
                _ = ForgetAsync(connection);
            }
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }

    private async Task ForgetAsync(MountdConnection connection)
    {
        await connection.Closed.ConfigureAwait(false);
        if (_connections.TryRemove(connection, out _))
            connection.Dispose();
    }

    /// <summary>From now on it is this daemon's, until it ends.</summary>
    private void Add(ServedMount mount)
    {
        _mounts[mount.Id] = mount;
        mount.Changed += changed => _ = DepositAsync(changed);
        _ = mount.Ended.ContinueWith(_ => RemoveAsync(mount), TaskScheduler.Default);
    }

    private async Task RemoveAsync(ServedMount mount)
    {
        _mounts.TryRemove(mount.Id, out _);
        await WithdrawAsync(mount.Id).ConfigureAwait(false);
    }

    private IEnumerable<MountdConnection> Plugins => _connections.Keys.Where(connection => connection.Role == Role.Plugin && connection.IsOpen);

    private static void Close(int[] descriptors) => Array.ForEach(descriptors, FuseMount.Close);
}
