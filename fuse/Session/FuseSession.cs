using System.Diagnostics.CodeAnalysis;
using SealFs.Fuse.Abi;
using SealFs.Fuse.Native;
using SealFs.Fuse.Session;
using SealFs.Fuse.Transport;

namespace SealFs.Fuse;

/// <summary>
/// Moves requests between the kernel and a <see cref="FuseFileSystem"/>, on worker threads of its own, from <see cref="Start"/> until the mount is gone or
/// <see cref="Stop"/> is called.
/// </summary>
public sealed class FuseSession : IDisposable
{
    private static readonly TimeSpan WakeInterval = TimeSpan.FromMilliseconds(2);
    private readonly FuseFileSystem _fileSystem;
    private readonly FuseSessionOptions _options;
    private readonly FuseMetrics _metrics = new();
    private readonly RequestMemory _memory;
    private readonly BufferPool _buffers;
    private readonly RequestPool _requests;
    private readonly IFuseTransport _transport;
    private readonly FuseWorker[] _workers;
    private readonly Thread[] _threads;
    private readonly TaskCompletionSource<FuseExitReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _endGate = new();
    private int _running;
    private bool _disposed;
    private FuseExitReason _reason;

    /// <summary>Does the handshake if it was not done yet; starts nothing.</summary>
    public FuseSession(FuseFileSystem fileSystem, FuseSessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.Descriptors.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WorkerThreads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRequests, options.WorkerThreads + 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBuffers, options.WorkerThreads + 1);
        _fileSystem = fileSystem;
        _options = options;
        var descriptors = options.Descriptors.ToArray();
        Negotiated = options.Negotiated ?? FuseHandshake.Perform(descriptors[0], options.Handshake);
        _memory = MakeMemory();
        _buffers = new BufferPool(_memory, mayWait: options.Wait is null, options.Observer);
        _requests = new RequestPool(_memory, _buffers, _metrics, fileSystem.Interrupt, options.Observer);
        _transport = MakeTransport(descriptors);
        _requests.Transport = _transport;
        _workers = Enumerable.Range(0, _transport.Workers).Select(i => new FuseWorker(i, _buffers)).ToArray();
        _threads = _workers.Select(worker => new Thread(() => RunWorker(worker)) { Name = $"fuse-{worker.Index}", IsBackground = true }).ToArray();
        Notifier = new FuseNotifier(_transport);
    }

    /// <summary>What was agreed on with the kernel.</summary>
    public FuseNegotiated Negotiated { get; }

    /// <summary>Messages to the kernel.</summary>
    public FuseNotifier Notifier { get; }

    /// <summary>Completes when the session has ended, with the reason.</summary>
    public Task<FuseExitReason> Ended => _ended.Task;

    /// <summary>Requests that were read and not answered yet, and one per worker that waits for the next.</summary>
    public int RequestsInUse => _requests.InUse;

    /// <summary>Starts the workers; a successor first sees to it that what is unanswered comes to them, which must precede the first read.</summary>
    /// <exception cref="NotSupportedException">A successor, on a kernel that cannot send requests again, without memory in which to find them.</exception>
    public void Start()
    {
        if (Interlocked.CompareExchange(ref _running, _threads.Length, 0) != 0) throw new InvalidOperationException("a session starts once");
        _fileSystem.Init(Negotiated);
        if (_options.IsSuccessor) TakeOver();
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>
    /// Stops reading, and waits until everything that was read has been answered, so that a successor can take over the descriptors.
    /// The mount stays. False: after the time limit some requests were still unanswered.
    /// </summary>
    public bool Stop(TimeSpan limit)
    {
        var deadline = DateTime.UtcNow + limit;
        for (var i = 0; i < _threads.Length; i++)
        {
            if (!_threads[i].IsAlive) continue;
            do
            {
                _transport.Wake(_workers[i]);
                if (DateTime.UtcNow > deadline) return false;
            }
            while (!_threads[i].Join(WakeInterval));
        }
        var left = deadline - DateTime.UtcNow;
        return _requests.WaitUntilIdle(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    /// <summary>Stops, and frees the native memory unless requests are still out; then it stays mapped, because their answers may still come.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        var isIdle = Stop(TimeSpan.FromSeconds(5));
        if (_options.OwnsDescriptors)
            foreach (var descriptor in _options.Descriptors) _ = Libc.close(descriptor);
        if (isIdle)
        {
            _requests.Free();
            _buffers.Free();
            _memory.Dispose();
        }
        _metrics.Dispose();
    }

    private RequestMemory MakeMemory()
    {
        var layout = new RequestLayout(_options.MaxRequests, _options.MaxBuffers, Negotiated.ReadBufferBytes);
        return _options.RequestMemory is { } shared ? new SharedRequestMemory(shared, layout, _options.Observer) : new RequestMemory(layout, _options.Observer);
    }

    private void TakeOver()
    {
        if (Negotiated.Has(FuseInitFlags.FUSE_HAS_RESEND))
        {
            if (Notifier.Resend() is not 0 and var errno) throw new FuseException("FUSE_NOTIFY_RESEND", errno);
        }
        else if (_memory.Outlives)
        {
            var left = new LeftRequests(_requests, _buffers, _transport).TakeUp(_workers);
            if (left > 0) _options.Observer?.RequestsTakenUp(left);
        }
        else
        {
            throw new NotSupportedException("this kernel cannot send requests again (FUSE_NOTIFY_RESEND, Linux 6.9), and nobody has kept them");
        }
    }

    /// <summary>The one place that knows which transport there is.</summary>
    [SuppressMessage("Performance", "CA1859", Justification = "The session must not know its transport.")]
    private IFuseTransport MakeTransport(int[] descriptors)
    {
        var dispatcher = new FuseDispatcher(_fileSystem, _requests);
        return _options.Wait is { } wait
            ? new PolledDeviceTransport(descriptors, _options.WorkerThreads, _requests, dispatcher, wait)
            : new DeviceTransport(descriptors, _options.WorkerThreads, _requests, dispatcher);
    }

    private void RunWorker(FuseWorker worker)
    {
        worker.ManagedThreadId = Environment.CurrentManagedThreadId;
        worker.KernelThreadId = Libc.gettid();
        var reason = _transport.Run(worker);
        worker.ReturnBuffer();
        lock (_endGate)
        {
            if (_reason < reason) _reason = reason;
            if (--_running > 0) return;
        }
        if (_reason == FuseExitReason.Unmounted) _fileSystem.Destroy();
        _options.Observer?.SessionEnded(_reason);
        _ended.TrySetResult(_reason);
    }
}
