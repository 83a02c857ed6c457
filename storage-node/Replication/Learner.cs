using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Chunks;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// Copies one shard from the node that serves it and takes it over, in one loop: a page of rows, then what came into the source's log since, then the blocks of chunks that are new. A copy that
/// was interrupted, here or there, begins again with whatever is here, and hashes tell what has to be sent. docs/decisions/0006-moving-shards.md.
/// </summary>
internal sealed partial class Learner(FileData data, ShardCalls calls, ISwitchControl control, CopyThrottle throttle, ReplicationMetrics metrics, ILogger logger, CopyOrder order)
{
    private readonly NodeContext _node = data.Node;
    private readonly Lock _gate = new();
    private ulong _attachment;
    private ulong _position;
    private ulong _sourceEnd;
    private ulong _bytesTotal;
    private long _bytesCopied;
    private volatile string _problem = "";
    private volatile int _step = (int)CopyStep.Copying;

    public ShardId Shard { get; } = new(order.Shard);

    public ulong Move { get; } = order.MoveId;

    public Epoch Epoch { get; } = new(order.Epoch);

    public NodeId Source { get; } = new(order.Source);

    /// <summary>Served from here, or given up: not to be begun again for this order at once.</summary>
    public bool IsOver { get; private set; }

    private CopyStep Step
    {
        get => (CopyStep)_step;
        set => _step = (int)value;
    }

    public CopyReport Report() => new()
    {
        Shard = Shard.Value,
        MoveId = Move,
        Step = Step,
        Epoch = Epoch.Value,
        BytesTotal = Math.Max(Volatile.Read(ref _bytesTotal), (ulong)Interlocked.Read(ref _bytesCopied)),
        BytesCopied = (ulong)Interlocked.Read(ref _bytesCopied),
        EffectsBehind = Behind,
        Problem = _problem,
    };

    private ulong Behind => Volatile.Read(ref _sourceEnd) is var end && end > _position ? end - _position : 0;

    /// <summary>Returns when the shard is served from here, when the manager has refused, or when it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pause = ReplicationLimits.RetryFirst;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (IsComplete)
                {
                    await CompleteAsync(effectSequence: 0, TimeSpan.Zero, cancellation);
                    IsOver = true;
                    return;
                }

                await CopyAsync(cancellation);
                IsOver = await SwitchAsync(cancellation);
                if (IsOver)
                    return;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (CopyFailedException failure) when (failure.Status == Errno.ESTALE)
            {
                // The source has lost what it kept for this learner: from the start, with everything that is here.
                LogStartedOver(logger, Shard, failure.Message);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                _problem = failure.Message;
                LogFailed(logger, failure, Shard, Move, Source);
            }

            await Task.Delay(pause, _node.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, ReplicationLimits.RetryLast.Ticks));
        }
    }

    private async Task CopyAsync(CancellationToken cancellation)
    {
        Step = CopyStep.Copying;
        _node.Copies.Put(Shard, new HeldCopy(HeldState.Copying, Epoch, Move, default));

        // On stable storage before the first file: without the row, nobody knows of files that outlast a loss of power.
        await OnIoAsync(() =>
        {
            _node.Engine.Sync();
            return true;
        });
        _node.Hit(MoveSteps.Begun);
        lock (_gate)
        {
            _pending.Clear();
            _later.Clear();
            _damaged.Clear();
        }

        await AttachAsync();
        foreach (var table in CopyRows.Tables)
            await CopyRangeAsync(table, CopyRows.Begin(Shard), CopyRows.End(Shard), cancellation);
        Step = CopyStep.Tailing;
        await CatchUpAsync(cancellation);
        _problem = "";
        await VerifyAsync(cancellation);
        _node.Hit(MoveSteps.Verified);
    }

    private async Task AttachAsync()
    {
        using var response = await AskAsync(Opcode.LearnerAttach, new LearnerAttachRequest(Move));
        var attached = response.Read<LearnerAttachReply>();
        _attachment = attached.Attachment;
        _position = attached.Position;
        Volatile.Write(ref _sourceEnd, attached.Position);
        Volatile.Write(ref _bytesTotal, attached.BytesTotal);
    }

    /// <summary>Asks the source, once. Anything but success is a failure of the copy.</summary>
    private async Task<RpcResponse> AskAsync<T>(Opcode opcode, T body, VolumeId volume = default, uint timeoutMs = ReplicationLimits.CallMs)
        where T : struct, IWireMessage<T>
    {
        var response = await calls.AskAsync(Source, new ShardCall(opcode, Shard, volume, timeoutMs), Epoch, RawBody.Of(in body));
        if (response.Answered && response.Status == Errno.None)
            return response;
        var status = response.Answered ? response.Status : response.Status == Errno.None ? Errno.Disconnected : response.Status;
        response.Dispose();
        throw new CopyFailedException($"Node {Source} answers {opcode} with {status}.", status);
    }

    /// <summary>Waits for what all copies of this node may spend. The tail goes on meanwhile, so that the source does not have to keep it.</summary>
    private async Task ThrottleAsync(CancellationToken cancellation)
    {
        while (throttle.Wait() is { Ticks: > 0 } wait)
        {
            cancellation.ThrowIfCancellationRequested();
            await TailAsync((uint)Math.Clamp(wait.TotalMilliseconds, 1, ReplicationLimits.TailWaitMs));
        }
    }

    private void Spent(long bytes)
    {
        Interlocked.Add(ref _bytesCopied, bytes);
        throttle.Spend(bytes);
        metrics.Copied(bytes);
    }

    /// <summary>Work that waits for disks, on the threads that are there for it.</summary>
    private Task<T> OnIoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        data.Io.Post(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                done.SetException(failure);
            }
        });
        return done.Task;
    }
}
