namespace SealFs.Simulator.World;

/// <summary>The clocks of a process: a monotonic one that runs a little fast or slow, and a wall clock that is wrong by seconds.</summary>
internal sealed class SimulatedClock : TimeProvider
{
    /// <summary>Parts per million by which a bad quartz is wrong.</summary>
    private const double LargestDrift = 200e-6;

    private static readonly DateTimeOffset s_beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_largestSkew = TimeSpan.FromSeconds(5);

    private readonly SimulatedWorld _world;
    private readonly SimulatedProcess _process;
    private readonly double _rate;
    private readonly TimeSpan _skew;
    private readonly long _bootTicks;

    public SimulatedClock(SimulatedWorld world, SimulatedProcess process)
    {
        _world = world;
        _process = process;
        _rate = 1 + (((world.Random.NextDouble() * 2) - 1) * LargestDrift);
        _skew = s_largestSkew * ((world.Random.NextDouble() * 2) - 1);
        _bootTicks = world.Random.NextInt64(TimeSpan.TicksPerDay);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _bootTicks + (long)(_world.NowTicks * _rate);

    public override DateTimeOffset GetUtcNow() => s_beginning + _skew + _world.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(_process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>How long the world waits until this clock has gone on by so much.</summary>
    public TimeSpan InWorld(TimeSpan local) => local / _rate;
}
