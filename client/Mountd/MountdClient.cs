using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SealFs.Client.Mountd.V1;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>
/// The plugin's side of mountd: asks for mounts, and keeps what is deposited here for the next mountd. It is connected whenever there is a mountd to connect to.
/// </summary>
public sealed partial class MountdClient : IAsyncDisposable
{
    private readonly string _socketPath;
    private readonly TimeSpan _orphanLimit;
    private readonly ILoggerFactory _loggers;
    private readonly Action<bool>? _connected;
    private readonly ILogger _logger;
    private readonly DepositBox _deposits = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private TaskCompletionSource<MountdConnection> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="socketPath">Where mountd listens.</param>
    /// <param name="orphanLimit">How long mounts without a mountd are kept waiting before they are aborted.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="connected">Told whenever there is a mountd that knows all mounts kept here, and when it is lost.</param>
    public MountdClient(string socketPath, TimeSpan orphanLimit, ILoggerFactory loggers, Action<bool>? connected = null)
    {
        _socketPath = socketPath;
        _orphanLimit = orphanLimit;
        _loggers = loggers;
        _connected = connected;
        _logger = loggers.CreateLogger<MountdClient>();
        _running = Task.Run(RunAsync);
    }

    /// <summary>Mounts that are kept here.</summary>
    public int Deposits => _deposits.Count;

    /// <summary>Mounts, and returns when the mount answers. The same mount again is no error.</summary>
    /// <exception cref="MountdException">It was refused, or there is no mountd.</exception>
    public Task MountAsync(MountOptions options, TimeSpan limit, CancellationToken cancellation = default) =>
        CallAsync(new Envelope { Mount = new MountRequest { Options = OptionsMessage.Of(options) } }, limit, cancellation);

    /// <summary>Unmounts, and returns when everything written is on the storage nodes, or bind mounts still use it.</summary>
    /// <exception cref="MountdException">NotFound: mountd does not have it; Busy: it is in use.</exception>
    public Task UnmountAsync(string directory, TimeSpan limit, CancellationToken cancellation = default) =>
        CallAsync(new Envelope { Unmount = new UnmountRequest { Directory = directory } }, limit, cancellation);

    /// <summary>The options of the mount that the directory shows, or null when it is none of mountd's.</summary>
    /// <exception cref="MountdException">There is no mountd.</exception>
    public async Task<MountOptions?> DescribeAsync(string directory, CancellationToken cancellation = default)
    {
        try
        {
            var answer = await CallAsync(new Envelope { Describe = new DescribeRequest { Directory = directory } }, MountdLimits.CallLimit, cancellation).ConfigureAwait(false);
            return answer.State?.Options is { } options ? OptionsMessage.ToOptions(options) : null;
        }
        catch (MountdException problem) when (problem.Code == FailureCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Waits for a mountd.</summary>
    public Task WaitConnectedAsync(CancellationToken cancellation) => Volatile.Read(ref _current).Task.WaitAsync(cancellation);

    /// <summary>Lets go of everything. With the last holder of a mount's descriptors the mount dies.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
        _deposits.Dispose();
    }

    private async Task<Envelope> CallAsync(Envelope question, TimeSpan limit, CancellationToken cancellation)
    {
        MountdConnection connection;
        try
        {
            connection = await Volatile.Read(ref _current).Task.WaitAsync(MountdLimits.CallLimit, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException problem)
        {
            throw new MountdException(FailureCode.Unavailable, $"No mountd listens on {_socketPath}.", problem);
        }
        return await connection.CallAsync(question, limit, cancellation: cancellation).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var lost = TimeProvider.System.GetTimestamp();
        while (!_stopping.IsCancellationRequested)
        {
            using var connection = await TryConnectAsync().ConfigureAwait(false);
            if (connection is null)
            {
                AbortOrphans(TimeProvider.System.GetElapsedTime(lost));
                await Task.Delay(MountdLimits.ReconnectDelay, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            await RestoreAllAsync(connection).ConfigureAwait(false);
            Volatile.Read(ref _current).TrySetResult(connection);
            _connected?.Invoke(true);
            await Task.WhenAny(connection.Closed, Task.Delay(Timeout.Infinite, _stopping.Token)).ConfigureAwait(false);
            _connected?.Invoke(false);
            Volatile.Write(ref _current, new TaskCompletionSource<MountdConnection>(TaskCreationOptions.RunContinuationsAsynchronously));
            lost = TimeProvider.System.GetTimestamp();
            if (!_stopping.IsCancellationRequested)
                LogDisconnected(await connection.Closed.ConfigureAwait(false), _deposits.Count);
        }
    }

    private async Task<MountdConnection?> TryConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        MountdConnection? connection = null;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_socketPath));
            connection = new MountdConnection(socket, AnswerAsync, _loggers.CreateLogger<MountdConnection>());
            connection.Start();
            var hello = new Hello { Version = MountdLimits.ProtocolVersion, Role = Role.Plugin, Name = $"plugin {Environment.ProcessId} on {Environment.MachineName}" };
            var welcome = await connection.CallAsync(new Envelope { Hello = hello }, MountdLimits.CallLimit, cancellation: _stopping.Token).ConfigureAwait(false);
            LogConnected(welcome.Welcome?.Name ?? "", _deposits.Count);
            return connection;
        }
        catch (Exception problem) when (problem is SocketException or MountdException or OperationCanceledException)
        {
            connection?.Dispose();
            socket.Dispose();
            return null;
        }
    }

    /// <summary>mountd may be a new one that knows nothing: it gets everything that is kept here, and says what is over.</summary>
    private async Task RestoreAllAsync(MountdConnection connection)
    {
        foreach (var (id, record) in _deposits.Records())
        {
            try
            {
                await _deposits.UseAsync(id, descriptors =>
                    connection.CallAsync(new Envelope { Restore = new Restore { Record = record } }, MountdLimits.CallLimit, descriptors)).ConfigureAwait(false);
            }
            catch (MountdException problem) when (problem.Code == FailureCode.NotFound)
            {
                _deposits.Remove(id);
            }
            catch (MountdException problem)
            {
                LogNotRestored(record.Options?.Directory ?? "", problem.Message);
            }
        }
    }

    private Task<Envelope> AnswerAsync(MountdConnection connection, MountdFrame frame)
    {
        switch (frame.Envelope.MessageCase)
        {
            case Envelope.MessageOneofCase.Deposit when frame.Envelope.Deposit.Record is { Id.Length: 16 } record:
                _deposits.Put(MountRecord.IdOf(record.Id), record, frame.TakeDescriptors());
                break;
            case Envelope.MessageOneofCase.Withdraw when frame.Envelope.Withdraw.Id.Length == 16:
                _deposits.Remove(MountRecord.IdOf(frame.Envelope.Withdraw.Id));
                break;
            default:
                throw new MountdException(FailureCode.UnknownMessage, $"{frame.Envelope.MessageCase} is not understood here.");
        }
        return Task.FromResult(new Envelope { Done = new Done() });
    }

    private void AbortOrphans(TimeSpan waited)
    {
        if (waited < _orphanLimit)
            return;
        foreach (var (id, record) in _deposits.Records())
        {
            LogOrphaned(waited.TotalSeconds, record.Options?.Directory ?? "");
            FuseConnection.Of(record.ConnectionId)?.Abort();
            _deposits.Remove(id);
        }
    }
}
