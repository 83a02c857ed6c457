using Microsoft.Extensions.Logging;
using SealFs.Client.Buffering;
using SealFs.Client.FileSystem;
using SealFs.Client.Mounting;
using SealFs.Client.Routing;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.Runtime;

/// <summary>
/// A mount being served by this process: router, file system, FUSE session, and the timers that send what has been dirty or closed for a while. It needs no
/// manager to start; one that can be reached later brings newer maps and tokens.
/// </summary>
public sealed partial class ClientRuntime : IAsyncDisposable
{
    private readonly SharedArena _arena;
    private readonly ClusterRouter _router;
    private readonly WriteBack _writeBack;
    private readonly CloseBatcher _closes;
    private readonly SealFileSystem _fileSystem;
    private readonly FuseSession _session;
    private readonly ControlFollower _control;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _ticking;
    private readonly ulong _lastStamp;
    private readonly bool _isSuccessor;
    private readonly ILogger _logger;

    private ClientRuntime(WorkerParameters parameters, ILoggerFactory loggers)
    {
        var options = parameters.Options;
        _logger = loggers.CreateLogger<ClientRuntime>();
        _arena = new SharedArena(ArenaLayout.For(options.WriteBufferBytes), parameters.ArenaDescriptor);
        _router = new ClusterRouter(parameters.Session, parameters.Generation, options.OperationTimeoutMs, options.EffectiveWorkerThreads, loggers.CreateLogger<ClusterRouter>(),
            new ClientExecution { Credentials = MountCredentials.Follow(options, loggers) });
        _lastStamp = _arena.LastStamp;
        _isSuccessor = parameters.IsSuccessor;
        var files = new FileTable(_arena);
        _writeBack = new WriteBack(_router, _arena, files, parameters.Session.Volume.ChunkSizeBytes, loggers.CreateLogger<WriteBack>());
        _closes = new CloseBatcher(_router, files.Opened);
        files.Closed = _closes.Add;
        _router.NodeRestarted += node => _ = _closes.ReassertAsync(node);
        _router.MapChanged += _closes.OnMapChanged;
        var isFenced = _isSuccessor && _arena.Session != default && _arena.Session != parameters.Session.Id;
        _router.HasLostSession = isFenced;
        var recovered = _writeBack.Recover(isFenced);
        if (isFenced)
            LogFenced(recovered);
        else if (recovered > 0)
            LogRecovered(recovered);

        // Last: a worker that dies before is followed by one that finds the same.
        _arena.Session = parameters.Session.Id;
        _fileSystem = new SealFileSystem(_router, options, parameters.Session, _arena, files, _writeBack, loggers.CreateLogger<SealFileSystem>());
        _session = new FuseSession(_fileSystem, new FuseSessionOptions
        {
            Descriptors = parameters.FuseDescriptors,
            Negotiated = parameters.Negotiated,
            IsSuccessor = parameters.IsSuccessor,
            RequestMemory = RequestMemoryOf(parameters),
            WorkerThreads = options.EffectiveWorkerThreads,
            Wait = index => new LaneWait(_router.Lanes[index]),
            MaxRequests = Limits.FuseRequests,
            OwnsDescriptors = false,
            Observer = new FuseLog(loggers.CreateLogger<FuseSession>()),
        });
        _fileSystem.Notifier = _session.Notifier;
        _control = new ControlFollower(parameters, _router, loggers);
        Unmounted = WaitUnmountedAsync();
        _ticking = TickAsync();
    }

    /// <summary>Completes when the kernel says that the mount is gone.</summary>
    public Task Unmounted { get; }

    /// <summary>Size of the memory that a keeper has to provide for <see cref="WorkerParameters.ArenaDescriptor"/>, bytes.</summary>
    /// <remarks>On kernels that cannot send requests again, a worker's requests lie behind the arena, so that its successor finds them.</remarks>
    public static long ArenaBytesFor(MountOptions options, FuseNegotiated negotiated) =>
        negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND) ? ArenaLayout.For(options.WriteBufferBytes).TotalBytes : RequestOffset(options) + RequestBytes(negotiated);

    /// <summary>What to ask of the kernel in FUSE_INIT.</summary>
    /// <remarks>
    /// Locks are left to the kernel: they hold between the processes of one mount. FUSE_AUTO_INVAL_DATA is left out, because it drops the pages
    /// of a file after this client's own writes: an open revalidates them (close-to-open). So is FUSE_READDIRPLUS_AUTO: who gets attributes with a listing is decided by
    /// what threads do, which the kernel remembers of one directory alone.
    /// </remarks>
    public static FuseHandshakeOptions HandshakeFor(MountOptions options) => new()
    {
        Flags = (FuseHandshakeOptions.DefaultFlags
                & ~(FuseInitFlags.FUSE_AUTO_INVAL_DATA | FuseInitFlags.FUSE_NO_OPEN_SUPPORT | FuseInitFlags.FUSE_NO_OPENDIR_SUPPORT
                    | FuseInitFlags.FUSE_READDIRPLUS_AUTO))
            | FuseInitFlags.FUSE_ATOMIC_O_TRUNC | FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2 | FuseInitFlags.FUSE_DIRECT_IO_ALLOW_MMAP,
        Withheld = WithheldCapabilities.OfThisProcess(),
    };

    /// <summary>Takes up what an earlier worker left, and serves. The mount answers when this returns.</summary>
    /// <exception cref="InvalidDataException">The arena was left by another version.</exception>
    public static ClientRuntime Start(WorkerParameters parameters, ILoggerFactory loggers)
    {
        var runtime = new ClientRuntime(parameters, loggers);
        runtime._session.Start();
        runtime._control.Start();
        if (runtime._router.HasLostSession)
            _ = runtime.ReassertAllAsync();
        return runtime;
    }

    /// <summary>
    /// Stops reading from the kernel, answers what was read, and writes everything back. The mount stays: a successor may serve it from here on.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        await Task.Run(() => _session.Stop(TimeSpan.FromMilliseconds(Limits.DrainMs)), cancellation);
        await _writeBack.DrainAllAsync(cancellation);
        await _closes.SendAsync().WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _ticking;
        _router.IsStopping = true;
        _session.Dispose();
        await _control.DisposeAsync();
        await _router.DisposeAsync();
        _stopping.Dispose();
        _arena.Dispose();
    }

    private static long RequestOffset(MountOptions options)
    {
        const long Alignment = FuseRequestMemory.AlignmentBytes;
        return (ArenaLayout.For(options.WriteBufferBytes).TotalBytes + Alignment - 1) / Alignment * Alignment;
    }

    private static long RequestBytes(FuseNegotiated negotiated) => FuseRequestMemory.BytesFor(negotiated, Limits.FuseRequests);

    /// <summary>Null where the kernel sends requests again, and where nobody holds memory that outlives this process.</summary>
    private static FuseRequestMemory? RequestMemoryOf(WorkerParameters parameters)
    {
        if (parameters.ArenaDescriptor < 0 || parameters.Negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND))
            return null;
        var offset = RequestOffset(parameters.Options);
        return parameters.ArenaBytes >= offset + RequestBytes(parameters.Negotiated) ? new FuseRequestMemory(parameters.ArenaDescriptor, offset) : null;
    }

    /// <summary>The nodes know of no open file of a session that is new to them.</summary>
    private Task ReassertAllAsync() => Task.WhenAll(_router.Map.Nodes.Select(node => _closes.ReassertAsync(node.Id)));

    private async Task WaitUnmountedAsync()
    {
        if (await _session.Ended == FuseExitReason.Unmounted)
            return;

        // Stopped for a successor, or failed: the mount is still there.
        await Task.Delay(Timeout.Infinite, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.CloseDelayMs));
        try
        {
            for (var tick = 1; await timer.WaitForNextTickAsync(_stopping.Token); tick++)
                await TickAsync(tick);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>What fails in one round is done in the next.</summary>
    private async Task TickAsync(int tick)
    {
        try
        {
            _writeBack.SendAged();
            _writeBack.ReleaseInterrupted();
            _ = _writeBack.SettleOldAsync();
            _fileSystem.Trim();
            if (_isSuccessor && tick == Limits.ReconcileDelayMs / Limits.CloseDelayMs)
                _ = _closes.ReconcileAsync(_lastStamp);
            await _closes.SendAsync();
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            LogTickFailed(exception);
        }
    }

    [LoggerMessage(3203, LogLevel.Error, "The client's background work has failed once, and goes on")]
    private partial void LogTickFailed(Exception exception);

    [LoggerMessage(3202, LogLevel.Error, "The session before this one has ended: {Bytes} bytes that were not written back are lost, and their files fail with EIO")]
    private partial void LogFenced(long bytes);

    [LoggerMessage(3201, LogLevel.Warning, "Going on with {Bytes} bytes that an earlier worker had not written back")]
    private partial void LogRecovered(long bytes);
}
