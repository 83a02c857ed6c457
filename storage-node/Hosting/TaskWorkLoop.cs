namespace SealFs.StorageNode.Hosting;

/// <summary>Rounds as tasks of a scheduler that runs one at a time.</summary>
internal sealed class TaskWorkLoop : WorkLoop
{
    private readonly TaskFactory _tasks;
    private readonly Func<TimeSpan> _interval;
    private readonly Action _round;
    private readonly ITimer _timer;
    private bool _isDue;
    private bool _stopping;

    public TaskWorkLoop(TaskFactory tasks, TimeProvider time, Func<TimeSpan> interval, Action round)
    {
        _tasks = tasks;
        _interval = interval;
        _round = round;
        _timer = time.CreateTimer(static loop => ((TaskWorkLoop)loop!).Wake(), this, interval(), Timeout.InfiniteTimeSpan);
    }

    public override void Wake()
    {
        if (_isDue || _stopping)
            return;
        _isDue = true;
        _ = _tasks.StartNew(Run);
    }

    public override void RunIfNobodyElseDoes() => _round();

    public override void Dispose()
    {
        _stopping = true;
        _timer.Dispose();
    }

    private void Run()
    {
        _isDue = false;
        if (_stopping)
            return;
        _round();
        _timer.Change(_interval(), Timeout.InfiniteTimeSpan);
    }
}
