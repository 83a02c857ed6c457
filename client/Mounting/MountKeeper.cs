using Microsoft.Extensions.Logging;
using SealFs.Core.Control;
using SealFs.Core.Security;
using SealFs.Fuse;

namespace SealFs.Client.Mounting;

/// <summary>
/// The process behind `sealfs mount`: small, and never on the path of a file operation. It makes the mount, keeps every descriptor of it and the session, and
/// has a worker process serve it. The rules it follows stand in docs/operations.md, "When the worker dies".
/// </summary>
public sealed partial class MountKeeper
{
    private readonly KeptMount _mount;
    private readonly WorkerSupervisor _supervisor;
    private readonly ILogger _logger;

    private MountKeeper(KeptMount mount, WorkerSupervisor supervisor, ILogger logger)
    {
        _mount = mount;
        _supervisor = supervisor;
        _logger = logger;
    }

    /// <summary>
    /// Mounts, calls <paramref name="ready"/> once the mount answers, and returns when it has been unmounted: from outside, or because
    /// <paramref name="stop"/> asked for it; then everything written has reached the storage nodes.
    /// </summary>
    /// <param name="options">What to mount where. The directory may be relative.</param>
    /// <param name="loggers">Where the keeper logs.</param>
    /// <param name="ready">Called once.</param>
    /// <param name="workerCommand">The program that knows the command `mount-worker`; null for this one.</param>
    /// <param name="stop">Asks for a clean unmount.</param>
    /// <exception cref="MountException">The mount could not be made, or its worker died and none could follow.</exception>
    /// <exception cref="ControlException">No such volume, or no manager answers.</exception>
    /// <exception cref="CredentialException">The credentials that the options name cannot be used.</exception>
    public static async Task RunAsync(
        MountOptions options, ILoggerFactory loggers, Action? ready = null, SelfCommand? workerCommand = null, CancellationToken stop = default)
    {
        options = options with { Directory = Path.GetFullPath(options.Directory) };
        MountPoint.Prepare(options.Directory);
        using var manager = new ControlClient(options.Managers, credentials: MountCredentials.Open(options, loggers));
        var session = await KeptSession.OpenAsync(manager, options, loggers, stop).ConfigureAwait(false);
        try
        {
            using var mount = CreateMount(options);
            var supervisor = new WorkerSupervisor(
                options, mount, workerCommand ?? SelfCommand.Current, () => session.Current, loggers.CreateLogger<WorkerSupervisor>());
            session.Replaced += supervisor.Replace;
            await new MountKeeper(mount, supervisor, loggers.CreateLogger<MountKeeper>()).ServeAsync(ready, stop).ConfigureAwait(false);
        }
        finally
        {
            await session.CloseAsync().ConfigureAwait(false);
        }
    }

    private static KeptMount CreateMount(MountOptions options)
    {
        try
        {
            return KeptMount.Create(options);
        }
        catch (FuseException e)
        {
            throw new MountException($"{options.Directory} could not be mounted: {e.Message}", e);
        }
    }

    private async Task ServeAsync(Action? ready, CancellationToken stop)
    {
        var told = 0;
        _supervisor.Serving += _ =>
        {
            if (Interlocked.Exchange(ref told, 1) == 0)
                ready?.Invoke();
        };

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult).ConfigureAwait(false);
        var outcome = WorkerOutcome.GaveUp;
        try
        {
            var serving = _supervisor.RunAsync();
            if (await Task.WhenAny(serving, stopped.Task).ConfigureAwait(false) == stopped.Task)
                await StopAsync(serving).ConfigureAwait(false);
            outcome = await serving.ConfigureAwait(false);
        }
        finally
        {
            if (outcome != WorkerOutcome.Unmounted)
                _mount.Abort();
        }

        if (outcome == WorkerOutcome.GaveUp)
            throw new MountException("The mount's worker died and no other came up in time; the mount was given up.");
    }

    /// <summary>
    /// An unused mount is unmounted, and the worker ends by itself once everything is written back. A mount that is in use leaves the tree,
    /// its worker writes back what it has been given, and then the connection ends under whoever still holds a file open.
    /// </summary>
    private async Task StopAsync(Task<WorkerOutcome> serving)
    {
        if (!_mount.TryUnmount())
        {
            LogInUse(_logger, _mount.Directory);
            _supervisor.Drain();
        }

        if (await Task.WhenAny(serving, Task.Delay(MountingLimits.LongestDrain)).ConfigureAwait(false) == serving)
            return;
        LogDrainTooLong(_logger, MountingLimits.LongestDrain.TotalSeconds);
        _supervisor.Kill();
    }
}
