using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace SealFs.Simulator.World;

/// <summary>
/// Virtual time and everything that happens in it: a queue of events, ordered by time and by the order in which they came, that one thread works off. Whatever is random is
/// drawn from one seed, so that a seed is a run. Every event goes into a hash, by which two runs are compared.
/// </summary>
internal sealed class SimulatedWorld
{
    private readonly PriorityQueue<SimulatedEvent, (long Ticks, long Order)> _events = new();
    private readonly Thread _thread = Thread.CurrentThread;
    private readonly XxHash64 _hash = new();
    private readonly List<string> _failures = [];
    private long _order;

    public SimulatedWorld(int seed, TextWriter? trace)
    {
        Seed = seed;
        Random = new Random(seed);
        Trace = trace;
    }

    public int Seed { get; }

    public Random Random { get; }

    public TextWriter? Trace { get; }

    /// <summary>Since the beginning of the world, 100 ns each.</summary>
    public long NowTicks { get; private set; }

    public TimeSpan Now => new(NowTicks);

    /// <summary>Events so far.</summary>
    public long Events { get; private set; }

    /// <summary>What must not have happened.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Equal for equal runs.</summary>
    public ulong TraceHash => _hash.GetCurrentHashAsUInt64();

    /// <summary>Everything before the end of the world; from then on nothing runs any more.</summary>
    public bool IsOver { get; private set; }

    public void Fail(string what)
    {
        _failures.Add($"{Now:c} {what}");
        Note($"FAILED: {what}");
    }

    /// <summary>Whatever is not the simulation's thread has no business here: the run would not be the same again.</summary>
    public void CheckThread()
    {
        if (Thread.CurrentThread != _thread)
            throw new InvalidOperationException($"The simulation was left: thread '{Thread.CurrentThread.Name}' of the process works for it.\n{Environment.StackTrace}");
    }

    public void Note(string what)
    {
        _hash.Append(MemoryMarshal.AsBytes<long>([NowTicks]));
        _hash.Append(Encoding.UTF8.GetBytes(what));
        Trace?.WriteLine($"{NowTicks / 10_000_000.0,12:F7} {what}");
    }

    /// <summary>Runs the action at a later time, as work of a process: not at all when that has died by then.</summary>
    public SimulatedEvent Schedule(TimeSpan after, SimulatedProcess process, Action action) => Add(after, new SimulatedEvent(process, action, null));

    public SimulatedEvent Schedule(TimeSpan after, SimulatedProcess process, Task task, TaskScheduler scheduler) =>
        Add(after, new SimulatedEvent(process, null, task) { Scheduler = scheduler });

    /// <summary>Works until the condition holds. False when that took longer than the time allowed, or nothing is left to do.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = NowTicks + limit.Ticks;
        while (!condition())
        {
            if (NowTicks > end || _failures.Count > 0 || !_events.TryDequeue(out var next, out var when))
                return condition();
            if (next.IsCancelled || !next.Process.IsAlive)
                continue;
            NowTicks = Math.Max(NowTicks, when.Ticks);
            Events++;
            _hash.Append(MemoryMarshal.AsBytes<long>([NowTicks, next.Process.Number]));
            next.Process.Run(next);
        }

        return true;
    }

    public void RunFor(TimeSpan time)
    {
        var end = NowTicks + time.Ticks;
        RunUntil(() => NowTicks >= end, time);
    }

    public void End()
    {
        IsOver = true;
        _events.Clear();
    }

    /// <summary>A time between two, more often near the shorter one.</summary>
    public TimeSpan Between(TimeSpan shortest, TimeSpan longest)
    {
        var share = Random.NextDouble();
        return shortest + ((longest - shortest) * share * share);
    }

    public bool Chance(double probability) => Random.NextDouble() < probability;

    private SimulatedEvent Add(TimeSpan after, SimulatedEvent what)
    {
        CheckThread();
        if (!IsOver)
            _events.Enqueue(what, (NowTicks + Math.Max(0, after.Ticks), _order++));
        return what;
    }
}
