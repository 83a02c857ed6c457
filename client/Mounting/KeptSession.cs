using Microsoft.Extensions.Logging;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;

namespace SealFs.Client.Mounting;

/// <summary>
/// The mount's session at the manager. When it is lost (no manager could be reached for longer than its lease) a new one is opened: the mount goes on, what other
/// clients may have deleted in between is gone for it too.
/// </summary>
internal sealed partial class KeptSession
{
    private readonly ControlClient _manager;
    private readonly OpenSessionRequest _request;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly CancellationToken _stop;
    private ClientSessionLoop _loop;

    private KeptSession(ControlClient manager, OpenSessionRequest request, ILoggerFactory loggers, ClientSessionLoop loop, CancellationToken stop)
    {
        _manager = manager;
        _request = request;
        _loggers = loggers;
        _logger = loggers.CreateLogger<KeptSession>();
        _stop = stop;
        _loop = loop;
        loop.Lost += OnLost;
    }

    /// <summary>Another session stands in the place of the lost one.</summary>
    public event Action? Replaced;

    public ClientSession Current => Volatile.Read(ref _loop).Current;

    /// <exception cref="ControlException">No such volume, or no manager answers.</exception>
    public static async Task<KeptSession> OpenAsync(ControlClient manager, MountOptions options, ILoggerFactory loggers, CancellationToken stop)
    {
        var request = RequestFor(options);
        return new KeptSession(manager, request, loggers, await OpenLoopAsync(manager, request, loggers, stop).ConfigureAwait(false), stop);
    }

    /// <summary>Goes on with a session that another process opened.</summary>
    public static KeptSession Attach(ControlClient manager, MountOptions options, ClientSession session, ILoggerFactory loggers, CancellationToken stop) =>
        new(manager, RequestFor(options), loggers, ClientSessionLoop.Attach(manager, session, logger: loggers.CreateLogger<ClientSessionLoop>()), stop);

    /// <summary>Stops renewing; the session stays, for another process.</summary>
    public ValueTask LeaveAsync() => Volatile.Read(ref _loop).DisposeAsync();

    public Task CloseAsync() => Volatile.Read(ref _loop).CloseAsync(CancellationToken.None);

    private static OpenSessionRequest RequestFor(MountOptions options) => new()
    {
        Volume = options.Volume,
        ReadOnly = options.ReadOnly,
        ClientName = options.ClientName.Length > 0 ? options.ClientName : $"mount {options.Directory}",
        Host = Environment.MachineName,
    };

    private static Task<ClientSessionLoop> OpenLoopAsync(ControlClient manager, OpenSessionRequest request, ILoggerFactory loggers, CancellationToken stop) =>
        ClientSessionLoop.OpenAsync(manager, request, logger: loggers.CreateLogger<ClientSessionLoop>(), cancellation: stop);

    private void OnLost(string reason)
    {
        LogLost(_logger, reason);
        _ = Task.Run(ReopenAsync, CancellationToken.None);
    }

    private async Task ReopenAsync()
    {
        var delay = MountingLimits.FirstRestartDelay;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var loop = await OpenLoopAsync(_manager, _request, _loggers, _stop).ConfigureAwait(false);
                loop.Lost += OnLost;
                Volatile.Write(ref _loop, loop);
                Replaced?.Invoke();
                return;
            }
            catch (ControlException e) when (e.IsTransient)
            {
                await Task.Delay(delay, CancellationToken.None).ConfigureAwait(false);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, MountingLimits.LongestRestartDelay.Ticks));
            }
            catch (ControlException e)
            {
                // The volume is gone: every operation of the mount fails until it is unmounted.
                LogNotReopened(_logger, e.Message);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
