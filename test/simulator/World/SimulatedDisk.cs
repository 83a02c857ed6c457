using SealFs.Core;

namespace SealFs.Simulator.World;

/// <summary>Work of a process that waits for its disk: one after the other, each after the time that the disk takes now.</summary>
internal sealed class SimulatedDisk : TaskScheduler
{
    private static readonly TimeSpan s_fast = TimeSpan.FromMicroseconds(40);
    private static readonly TimeSpan s_slow = TimeSpan.FromMicroseconds(900);

    private readonly SimulatedProcess _process;
    private long _busyUntilTicks;

    public SimulatedDisk(SimulatedProcess process)
    {
        _process = process;
        Tasks = BackgroundTasks.On(this);
    }

    public TaskFactory Tasks { get; }

    /// <summary>1 for an ordinary disk.</summary>
    public double Slowness { get; set; } = 1;

    public void Run(Task task) => TryExecuteTask(task);

    protected override void QueueTask(Task task)
    {
        var world = _process.World;
        if (!_process.IsAlive || world.IsOver)
            return;
        var takes = world.Between(s_fast, s_slow) * Slowness;
        _busyUntilTicks = Math.Max(_busyUntilTicks, world.NowTicks) + takes.Ticks;
        world.Schedule(TimeSpan.FromTicks(_busyUntilTicks - world.NowTicks), _process, task, this);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
