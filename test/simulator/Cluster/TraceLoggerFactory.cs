using Microsoft.Extensions.Logging;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Cluster;

/// <summary>What a process logs goes into the trace, and not into its hash.</summary>
internal sealed class TraceLoggerFactory(SimulatedProcess process) : ILoggerFactory, ILogger
{
    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (process.IsAlive)
            process.World.Trace?.WriteLine($"{process.World.NowTicks / 10_000_000.0,12:F7} {process.Name}: {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
