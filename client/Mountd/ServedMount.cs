using Microsoft.Extensions.Logging;
using SealFs.Client.Mounting;
using SealFs.Core.Control;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>What all mounts of a daemon share.</summary>
/// <param name="WorkerCommand">The program that knows the command `mount-worker`.</param>
/// <param name="Lifeline">See <see cref="Mounting.Lifeline"/>.</param>
/// <param name="HeapLimitBytes">Of a worker.</param>
/// <param name="TlsClustersDirectory">The daemon's own choice: it is neither asked for nor recorded with a mount. Empty: there is none.</param>
/// <param name="Loggers">For all parts.</param>
internal sealed record MountdEnvironment(SelfCommand WorkerCommand, int Lifeline, long HeapLimitBytes, string TlsClustersDirectory, ILoggerFactory Loggers)
{
    /// <summary>The options as the keeper and the worker need them here.</summary>
    public MountOptions Complete(MountOptions options) => options with { TlsClustersDirectory = TlsClustersDirectory };
}

/// <summary>
/// One mount of the daemon: its descriptors, its session and its worker. It is made here or goes on from a record; it ends when nobody has it mounted any more. In
/// between it can be suspended (no worker, applications wait) and resumed, here or elsewhere.
/// </summary>
internal sealed partial class ServedMount
{
    private readonly MountdEnvironment _environment;
    private readonly KeptMount _mount;
    private readonly ControlClient _manager;
    private readonly KeptSession _session;
    private readonly CancellationTokenSource _stop;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerSupervisor _supervisor;
    private Task<WorkerOutcome> _serving;
    private volatile bool _isSuspended;

    private ServedMount(
        Guid id, MountOptions options, MountdEnvironment environment, KeptMount mount, ControlClient manager, KeptSession session, CancellationTokenSource stop,
        ushort generation, bool isSuccessor)
    {
        Id = id;
        Options = options;
        _environment = environment;
        _mount = mount;
        _manager = manager;
        _session = session;
        _stop = stop;
        _logger = environment.Loggers.CreateLogger<ServedMount>();
        session.Replaced += () =>
        {
            _supervisor!.Replace();
            Changed?.Invoke(this);
        };
        (_supervisor, _serving) = Start(generation, isSuccessor);
    }

    public Guid Id { get; }

    public MountOptions Options { get; }

    public uint ConnectionId => _mount.ConnectionId;

    /// <summary>Somebody still has it mounted.</summary>
    public bool IsAlive => !_ended.Task.IsCompleted && _mount.IsAlive;

    /// <summary>It is what its directory shows.</summary>
    public bool IsInPlace => !_ended.Task.IsCompleted && _mount.IsInPlace;

    /// <summary>Completes when it is over, everything is written back and the session is closed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What a keeper has to hold, in the order in which a successor takes it.</summary>
    public IReadOnlyList<int> Descriptors => _mount.AllDescriptors;

    /// <summary>The record that others keep is not the newest any more.</summary>
    public event Action<ServedMount>? Changed;

    /// <summary>Opens a session, mounts, and returns when the mount answers.</summary>
    /// <exception cref="ControlException">No such volume, or no manager answers.</exception>
    /// <exception cref="MountException">The mount could not be made.</exception>
    public static async Task<ServedMount> MakeAsync(MountOptions options, MountdEnvironment environment, CancellationToken cancellation)
    {
        MountPoint.Prepare(options.Directory);
        options = environment.Complete(options);
        var stop = new CancellationTokenSource();
        var manager = new ControlClient(options.Managers, credentials: MountCredentials.Follow(options, environment.Loggers));
        KeptSession? session = null;
        ServedMount? served = null;
        try
        {
            session = await KeptSession.OpenAsync(manager, options, environment.Loggers, stop.Token).WaitAsync(cancellation).ConfigureAwait(false);
            var mount = Mount(options);
            served = new ServedMount(Guid.NewGuid(), options, environment, mount, manager, session, stop, generation: 0, isSuccessor: false);
            await served.WaitServingAsync().ConfigureAwait(false);
            served.LogMounted(options.Volume, options.Directory);
            return served;
        }
        catch when (served is null)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            if (session is not null)
                await session.CloseAsync().ConfigureAwait(false);
            manager.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with a mount whose earlier worker is dead, or will be soon: this one's waits for that.</summary>
    public static ServedMount Adopt(MountRecord record, IReadOnlyList<int> descriptors, MountdEnvironment environment)
    {
        var stop = new CancellationTokenSource();
        var options = environment.Complete(record.Options);
        var manager = new ControlClient(options.Managers, credentials: MountCredentials.Follow(options, environment.Loggers));
        var session = KeptSession.Attach(manager, options, record.Session, environment.Loggers, stop.Token);
        var mount = KeptMount.Adopt(options, record.ConnectionId, record.Negotiated, record.ArenaBytes, descriptors);

        // Workers since the record was made may have used some of the generations that follow it.
        var generation = (ushort)((record.Generation / MountdLimits.GenerationsPerDaemon + 1) * MountdLimits.GenerationsPerDaemon);
        var served = new ServedMount(record.Id, options, environment, mount, manager, session, stop, generation, isSuccessor: true);
        served.LogAdopted(options.Volume, options.Directory);
        return served;
    }

    public MountRecord ToRecord() => new(Id, Options, _session.Current, _mount.Negotiated, _supervisor.Generation, _mount.ArenaBytes, _mount.ConnectionId);

    /// <summary>Returns when a worker serves, or the mount is over.</summary>
    /// <exception cref="MountException">No worker comes up.</exception>
    public async Task WaitServingAsync()
    {
        var serving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _supervisor.Serving += _ => serving.TrySetResult();
        if (_supervisor.IsServing)
            return;
        await Task.WhenAny(serving.Task, _serving).ConfigureAwait(false);
        if (_serving.IsFaulted)
            await _serving.ConfigureAwait(false);
    }

    /// <summary>Takes it out of the tree. False when somebody uses it there.</summary>
    public bool TryUnmount() => _mount.TryUnmount();

    /// <summary>The last resort: whoever waits in it gets an error.</summary>
    public void Abort() => _mount.Abort();

    /// <summary>Ends the worker, which writes back what it can within the limit; what is left stays in the arena. Applications wait from here on.</summary>
    public async Task SuspendAsync(TimeSpan limit)
    {
        _isSuspended = true;
        _supervisor.Drain();
        if (await Task.WhenAny(_serving, Task.Delay(limit)).ConfigureAwait(false) != _serving)
            _supervisor.Kill();
        await ((Task)_serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Serves again after <see cref="SuspendAsync"/>.</summary>
    public void Resume()
    {
        if (!_isSuspended || _ended.Task.IsCompleted)
            return;
        _isSuspended = false;
        (_supervisor, _serving) = Start((ushort)(_supervisor.Generation + 1), isSuccessor: true);
    }

    /// <summary>Lets go of a suspended mount without ending it: it is another's now.</summary>
    public async Task ReleaseAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _session.LeaveAsync().ConfigureAwait(false);
        Dispose();
    }

    private static KeptMount Mount(MountOptions options)
    {
        try
        {
            return KeptMount.Create(options);
        }
        catch (FuseException problem)
        {
            throw new MountException($"{options.Directory} could not be mounted: {problem.Message}", problem);
        }
    }

    private (WorkerSupervisor Supervisor, Task<WorkerOutcome> Serving) Start(ushort generation, bool isSuccessor)
    {
        var supervisor = new WorkerSupervisor(
            Options, _mount, _environment.WorkerCommand, () => _session.Current, _environment.Loggers.CreateLogger<WorkerSupervisor>(), generation)
        {
            IsSuccessor = isSuccessor,
            Lifeline = _environment.Lifeline,
            HeapLimitBytes = _environment.HeapLimitBytes,
        };
        supervisor.Serving += _ => Changed?.Invoke(this);
        var serving = Task.Run(supervisor.RunAsync);
        _ = Task.Run(() => FollowAsync(serving));
        return (supervisor, serving);
    }

    /// <summary>Waits for the end of one supervisor's work, and ends the mount if it is not only suspended.</summary>
    private async Task FollowAsync(Task<WorkerOutcome> serving)
    {
        WorkerOutcome outcome;
        var reason = "no worker came up in time";
        try
        {
            outcome = await serving.ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is MountException or IOException or InvalidOperationException)
        {
            outcome = WorkerOutcome.GaveUp;
            reason = problem.Message;
        }
        if (outcome == WorkerOutcome.Drained)
            return;
        if (outcome == WorkerOutcome.GaveUp)
        {
            LogGivenUp(Options.Volume, Options.Directory, reason);
            _mount.Abort();
        }
        else
        {
            LogUnmounted(Options.Volume, Options.Directory);
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        await _session.CloseAsync().ConfigureAwait(false);
        Dispose();
        _ended.TrySetResult();
    }

    private void Dispose()
    {
        _mount.Dispose();
        _manager.Dispose();
    }
}
