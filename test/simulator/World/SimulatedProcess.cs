using SealFs.Core;

namespace SealFs.Simulator.World;

/// <summary>
/// A process of the simulated cluster: the task scheduler that all its work comes back to, its clock and its randomness. When it is killed, whatever it had queued is never
/// run, and nothing that it still does has an effect outside.
/// </summary>
internal sealed class SimulatedProcess : TaskScheduler
{
    /// <summary>What a busy machine puts between two pieces of work at most.</summary>
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromTicks(300);

    private readonly SimulatedWorld _world;
    private Task? _direct;

    public SimulatedProcess(SimulatedWorld world, string name, int number)
    {
        _world = world;
        Name = name;
        Number = number;
        Clock = new SimulatedClock(world, this);
        Tasks = BackgroundTasks.On(this);
        Random = new Random(world.Random.Next());
    }

    public string Name { get; }

    public int Number { get; }

    public bool IsAlive { get; private set; } = true;

    public SimulatedWorld World => _world;

    public SimulatedClock Clock { get; }

    public TaskFactory Tasks { get; }

    public Random Random { get; }

    /// <summary>Raised once, when it dies.</summary>
    public event Action? Killed;

    public void Kill()
    {
        if (!IsAlive)
            return;
        IsAlive = false;
        Killed?.Invoke();
    }

    /// <summary>Only from the world's loop.</summary>
    public void Run(SimulatedEvent what)
    {
        if (what.Task is { } task)
        {
            if (what.Scheduler is SimulatedDisk disk)
                disk.Run(task);
            else
                TryExecuteTask(task);
            Observe(task);
            return;
        }

        // As a task, so that whatever it awaits comes back here.
        var work = new Task(what.Action!, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
        _direct = work;
        work.Start(this);
        Observe(work);
    }

    internal void Observe(Task task)
    {
        if (task is { IsFaulted: true, AsyncState: not IgnoreFaults } && IsAlive && task.Exception!.InnerException is not OperationCanceledException)
            _world.Fail($"{Name}: work failed: {task.Exception.InnerException}");
    }

    protected override void QueueTask(Task task)
    {
        if (ReferenceEquals(task, _direct))
        {
            _direct = null;
            TryExecuteTask(task);
            return;
        }

        if (!IsAlive || _world.IsOver)
            return;
        _world.Schedule(TimeSpan.FromTicks(_world.Random.NextInt64(s_longestTurn.Ticks)), this, task, this);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    /// <summary>State of a task whose failure is looked at elsewhere.</summary>
    internal sealed class IgnoreFaults;
}
