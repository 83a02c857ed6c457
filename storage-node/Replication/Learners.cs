using Microsoft.Extensions.Logging;
using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.StorageNode.Files;
using SealFs.StorageNode.Routing;
using SealFs.StorageNode.Sessions;
using SealFs.StorageNode.Shards;

namespace SealFs.StorageNode.Replication;

/// <summary>
/// What the manager orders for shards that this node does not serve: to copy them and take them over, a few at once, and to drop what is left of them. Orders come whole with every heartbeat;
/// what is not ordered any more is stopped and left as it is.
/// </summary>
public sealed partial class Learners : IAsyncDisposable
{
    private readonly FileData _data;
    private readonly NodeContext _node;
    private readonly ISwitchControl _control;
    private readonly ShardCalls _calls;
    private readonly TaskFactory _tasks;
    private readonly ILogger _logger;
    private readonly CopyThrottle _throttle;
    private readonly ReplicationMetrics _metrics;
    private readonly CopyDropper _dropper;
    private readonly ForwardedCloses _closes;
    private readonly TurnGate _fewAtOnce = new(ReplicationLimits.Learners);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<ShardId, Running> _running = [];
    private readonly HashSet<VolumeId> _arrived = [];

    private Learners(FileData data, ISwitchControl control, TaskFactory tasks)
    {
        _data = data;
        _node = data.Node;
        _control = control;
        _tasks = tasks;
        _logger = _node.Loggers.CreateLogger<Learners>();
        _calls = new ShardCalls(_node);
        _throttle = new CopyThrottle(_node.Time);
        _metrics = new ReplicationMetrics(_node, () => Active);
        _dropper = new CopyDropper(data, tasks, _node.Loggers.CreateLogger<CopyDropper>());
        _closes = new ForwardedCloses(_node, _calls, tasks);
        _node.CloseElsewhere = _closes.Forward;
    }

    /// <summary>Shards that are being copied to this node.</summary>
    public int Active
    {
        get
        {
            lock (_gate)
                return _running.Count;
        }
    }

    /// <summary>Brings both sides of moving shards to a node that is being put together: what a learner may ask, and learning.</summary>
    /// <param name="data">The node's data.</param>
    /// <param name="control">How the manager is asked.</param>
    /// <param name="tasks">Where the work in the background runs.</param>
    public static Learners Attach(FileData data, ISwitchControl control, TaskFactory? tasks = null)
    {
        SourceOperations.Register(data.Node.Operations, data);
        return new Learners(data, control, tasks ?? new TaskFactory(TaskScheduler.Default));
    }

    /// <summary>Follows the orders of a heartbeat's answer. Quick.</summary>
    public void Follow(IReadOnlyList<CopyOrder> orders)
    {
        var learn = new Dictionary<ShardId, CopyOrder>();
        foreach (var order in orders)
        {
            if (order.Action == CopyAction.Learn)
                learn[new ShardId(order.Shard)] = order;
            else if (order.Action == CopyAction.Drop)
                Drop(new ShardId(order.Shard), new Epoch(order.Epoch));
        }

        DropWhatIsInTheWay();
        if (learn.Count > 0)
            _throttle.BytesPerSecond = learn.Values.First().BytesPerSecond;
        lock (_gate)
        {
            foreach (var (shard, running) in _running)
            {
                if (!learn.TryGetValue(shard, out var order) || !running.Is(order))
                    running.Cancel();
            }

            foreach (var (shard, order) in learn)
            {
                if (!_running.ContainsKey(shard) && !_stopping.IsCancellationRequested && MayLearn(shard, order))
                    Start(shard, order);
            }
        }
    }

    /// <summary>Everything that this node has of shards that it does not serve.</summary>
    public void Report(HeartbeatRequest heartbeat)
    {
        Dictionary<ShardId, CopyReport> reports;
        lock (_gate)
            reports = _running.ToDictionary(running => running.Key, running => running.Value.Learner.Report());
        foreach (var (shard, copy) in _node.Copies.List())
        {
            if (reports.ContainsKey(shard) || _node.Shards.IsServed(shard))
                continue;
            var problem = copy.State == HeldState.Dropping ? _dropper.Problem(shard) : "";
            reports[shard] = new CopyReport { Shard = shard.Value, Step = CopyStep.Leftover, Epoch = copy.Epoch.Value, Problem = problem };
        }

        // One that is served already has nothing to report but its usage.
        heartbeat.Copies.AddRange(reports.Values.Where(report => !_node.Shards.IsServed(new ShardId(report.Shard))));
    }

    /// <summary>Volumes of which something came with shards since this was asked last: one that the manager does not name any more was deleted meanwhile.</summary>
    public List<VolumeId> TakeArrived()
    {
        lock (_gate)
        {
            List<VolumeId> arrived = [.. _arrived];
            _arrived.Clear();
            return arrived;
        }
    }

    /// <summary>Returns when nothing goes on any more that was ordered so far; for tests.</summary>
    internal async Task IdleAsync()
    {
        Task[] tasks;
        lock (_gate)
            tasks = [.. _running.Values.Select(running => running.Task)];
        await Task.WhenAll(tasks);
        await _dropper.IdleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        Task[] tasks;
        lock (_gate)
        {
            foreach (var running in _running.Values)
                running.Cancel();
            tasks = [.. _running.Values.Select(running => running.Task)];
        }

        // A question that is under way ends with its connection.
        await _calls.DisposeAsync();
        await Task.WhenAll(tasks);
        await _closes.DisposeAsync();
        await _dropper.DisposeAsync();
        _metrics.Dispose();
        _stopping.Dispose();
    }

    /// <summary>An order may be older than what has happened here since.</summary>
    private bool MayLearn(ShardId shard, CopyOrder order)
    {
        if (_node.Shards.IsServed(shard) || _node.Map?.Contains(shard) != true)
            return false;
        if (!_node.Copies.TryGet(shard, out var copy))
            return true;
        return copy.State switch
        {
            HeldState.Dropping => false,
            HeldState.Retired => order.Epoch > copy.Epoch.Value,
            HeldState.Complete => order.Epoch > copy.Epoch.Value || (order.Epoch == copy.Epoch.Value && order.MoveId == copy.Move),
            _ => true,
        };
    }

    /// <summary>
    /// What was begun to be dropped before the node started. And a shard whose data were given up and that was given to this node, which has a part of a copy: it is served empty, when that part
    /// is gone.
    /// </summary>
    private void DropWhatIsInTheWay()
    {
        if (_node.Map is not { } map)
            return;
        foreach (var (shard, copy) in _node.Copies.List())
        {
            var isGivenUp = copy.State == HeldState.Copying
                && map.Contains(shard)
                && map.PrimaryOf(shard) == _node.Identity.Node
                && map.EpochOf(shard).Value > copy.Epoch.Value;
            if (isGivenUp || copy.State == HeldState.Dropping)
                Drop(shard, copy.Epoch);
        }
    }

    private void Drop(ShardId shard, Epoch epoch)
    {
        if (_node.Shards.IsServed(shard) || !_node.Copies.TryGet(shard, out var copy) || copy.Epoch.Value > epoch.Value || !MayDrop(shard, copy))
            return;
        lock (_gate)
        {
            if (_running.TryGetValue(shard, out var running))
            {
                running.Cancel();
                return;
            }
        }

        _node.HasLeft(shard);
        _node.Shards.ForgetRetired(shard);
        _dropper.Drop(shard, copy);
    }

    /// <summary>
    /// An order, too, may be older than what has happened. A complete copy may be the only one, and what has retired may be served again: a map that names another node has to be here first.
    /// </summary>
    private bool MayDrop(ShardId shard, HeldCopy copy) => copy.State switch
    {
        HeldState.Complete => false,
        HeldState.Retired => _node.Map is { } map && map.Contains(shard) && map.EpochOf(shard).Value > copy.Epoch.Value && map.PrimaryOf(shard) != _node.Identity.Node,
        _ => true,
    };

    private void Start(ShardId shard, CopyOrder order)
    {
        // What was served from here once is the beginning of the copy.
        _node.HasLeft(shard);
        _node.Shards.ForgetRetired(shard);
        var learner = new Learner(_data, _calls, _control, _throttle, _metrics, _logger, order);
        var running = new Running(learner, CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token));
        _running.Add(shard, running);
        running.Task = _tasks.StartNew(() => RunAsync(shard, running)).Unwrap();
    }

    private async Task RunAsync(ShardId shard, Running running)
    {
        var entered = false;
        try
        {
            await _fewAtOnce.EnterAsync(running.Token);
            entered = true;
            await running.Learner.RunAsync(running.Token);
            if (_node.Shards.IsServed(shard))
                Served(shard);
            else if (running.Learner.IsOver)
                await Task.Delay(ReplicationLimits.RetryLast, _node.Time, running.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        catch (OperationCanceledException)
        {
            // Not ordered any more, or the node stops.
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailed(_logger, failure, shard);
        }
        finally
        {
            if (entered)
                _fewAtOnce.Leave();
            lock (_gate)
                _running.Remove(shard);
            running.Dispose();
            _node.RequestHeartbeat();
        }
    }

    /// <summary>What other shards of this node heard of while this one was elsewhere.</summary>
    private void Served(ShardId id)
    {
        if (_node.Shards.Find(id) is not { } shard)
            return;
        try
        {
            new SessionCleanup(_node).EndIn(shard);
        }
        catch (ShardRetiredException)
        {
            // It has gone on already.
        }

        lock (_gate)
            _arrived.UnionWith(shard.Volumes());
    }

    [LoggerMessage(1412, LogLevel.Error, "What follows on taking over shard {Shard} has failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, ShardId shard);

    private sealed class Running(Learner learner, CancellationTokenSource cancellation) : IDisposable
    {
        public Learner Learner => learner;

        public CancellationToken Token { get; } = cancellation.Token;

        public Task Task { get; set; } = Task.CompletedTask;

        public bool Is(CopyOrder order) => learner.Move == order.MoveId && learner.Epoch.Value == order.Epoch && learner.Source.Value == order.Source;

        public void Cancel() => cancellation.Cancel();

        public void Dispose() => cancellation.Dispose();
    }
}
