using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SealFs.Client.Runtime;
using SealFs.Core.Control;

namespace SealFs.Client.Mounting;

/// <summary>Why there is no worker any more.</summary>
internal enum WorkerOutcome
{
    /// <summary>The mount was unmounted, by us or by somebody else.</summary>
    Unmounted,

    /// <summary>The worker wrote everything back and ended, because it was asked to.</summary>
    Drained,

    /// <summary>No successor came up within the time of the watchdog.</summary>
    GaveUp,
}

/// <summary>
/// Keeps a worker serving: one that dies is followed by another under the live mount, which goes on with what the dead one had not answered.
/// </summary>
internal sealed partial class WorkerSupervisor(
    MountOptions options, KeptMount mount, SelfCommand command, Func<ClientSession> session, ILogger logger, ushort firstGeneration = 0)
{
    private readonly Lock _gate = new();
    private WorkerProcess? _current;
    private ushort _generation = firstGeneration;
    private bool _draining;

    /// <summary>Workers of another process were there before: also the first one goes on with what they had not answered.</summary>
    public bool IsSuccessor { get; init; }

    /// <summary>A pipe whose other end is this process's alone: the workers end with it. -1: they go on without.</summary>
    public int Lifeline { get; init; } = -1;

    /// <summary>Bound of a worker's managed memory in bytes; 0: none.</summary>
    public long HeapLimitBytes { get; init; }

    /// <summary>The generation of the present worker.</summary>
    public ushort Generation => Volatile.Read(ref _generation);

    /// <summary>A worker answers the kernel at present.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Each time a worker serves; the argument is its process id.</summary>
    public event Action<int>? Serving;

    /// <exception cref="MountException">The first worker did not come up.</exception>
    public async Task<WorkerOutcome> RunAsync()
    {
        var delay = MountingLimits.FirstRestartDelay;
        var lastServed = Stopwatch.GetTimestamp();
        var everServed = IsSuccessor;
        while (true)
        {
            using var worker = WorkerProcess.Start(command, Parameters(isSuccessor: everServed), HeapLimitBytes);
            Enter(worker);
            var failure = await WaitReadyAsync(worker, lastServed).ConfigureAwait(false);
            if (failure is null)
            {
                everServed = true;
                IsServing = true;
                delay = MountingLimits.FirstRestartDelay;
                LogServing(logger, worker.ProcessId, _generation);
                Serving?.Invoke(worker.ProcessId);
            }

            var exitCode = await worker.WaitExitAsync().ConfigureAwait(false);
            IsServing = false;
            var draining = Leave();
            if (exitCode == WorkerProcess.UnmountedExitCode)
                return WorkerOutcome.Unmounted;
            if (draining)
                return WorkerOutcome.Drained;
            if (!everServed)
                throw new MountException($"The mount's worker did not start: {failure}.");

            LogDied(logger, worker.ProcessId, exitCode, failure ?? "it was serving");
            _generation++;
            if (failure is null)
            {
                lastServed = Stopwatch.GetTimestamp();
                continue;
            }

            if (Stopwatch.GetElapsedTime(lastServed).TotalMilliseconds >= options.WatchdogMs)
                return WorkerOutcome.GaveUp;
            await Task.Delay(delay).ConfigureAwait(false);
            delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, MountingLimits.LongestRestartDelay.Ticks));
        }
    }

    /// <summary>Lets the worker write everything back and end; no other follows.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
            _current?.AskToDrain();
        }
    }

    /// <summary>Lets the worker finish what it has and be followed by one that uses the newest session.</summary>
    public void Replace()
    {
        lock (_gate)
            _current?.AskToDrain();
    }

    /// <summary>The last resort.</summary>
    public void Kill()
    {
        lock (_gate)
            _current?.Kill();
    }

    private async Task<string?> WaitReadyAsync(WorkerProcess worker, long lastServed)
    {
        var left = TimeSpan.FromMilliseconds(options.WatchdogMs) - Stopwatch.GetElapsedTime(lastServed);
        using var limit = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        try
        {
            return await worker.WaitReadyAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            worker.Kill();
            return "it was not ready in time";
        }
    }

    private void Enter(WorkerProcess worker)
    {
        lock (_gate)
        {
            _current = worker;
            if (_draining)
                worker.AskToDrain();
        }
    }

    private bool Leave()
    {
        lock (_gate)
        {
            _current = null;
            return _draining;
        }
    }

    private WorkerParameters Parameters(bool isSuccessor) => new()
    {
        Options = options,
        Session = session(),
        Generation = _generation,
        FuseDescriptors = mount.Descriptors,
        Negotiated = mount.Negotiated,
        IsSuccessor = isSuccessor,
        ArenaDescriptor = mount.ArenaDescriptor,
        ArenaBytes = mount.ArenaBytes,
        LifelineDescriptor = Lifeline,
    };
}
