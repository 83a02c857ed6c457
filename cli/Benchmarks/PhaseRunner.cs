using System.Diagnostics;

namespace SealFs.Cli.Benchmarks;

/// <summary>Runs one phase: all threads prepare, start together, and are timed operation by operation.</summary>
internal sealed class PhaseRunner(BenchPhase phase, int threads, CancellationToken stop)
{
    private readonly long[][] _ticks = new long[threads][];
    private readonly long[] _done = new long[threads];
    private readonly Exception?[] _failures = new Exception?[threads];

    /// <summary>0 to 1.</summary>
    public double Progress => (double)_done.Sum() / (phase.Operations * threads);

    /// <exception cref="IOException">An operation failed.</exception>
    public BenchResult Run()
    {
        using var ready = new Barrier(threads + 1);
        var workers = Enumerable.Range(0, threads).Select(thread => new Thread(() => RunThread(thread, ready))).ToArray();
        foreach (var worker in workers)
            worker.Start();
        ready.SignalAndWait(CancellationToken.None);
        var start = Stopwatch.GetTimestamp();
        foreach (var worker in workers)
            worker.Join();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        stop.ThrowIfCancellationRequested();
        if (_failures.FirstOrDefault(failure => failure is not null) is { } failure)
            throw new IOException($"{phase.Name}: {failure.Message}", failure);
        return Summarize(seconds);
    }

    private void RunThread(int thread, Barrier ready)
    {
        BenchWork? work = null;
        try
        {
            _ticks[thread] = new long[phase.Operations];
            work = phase.Begin(thread);
        }
        catch (Exception problem)
        {
            _failures[thread] = problem;
        }
        ready.SignalAndWait(CancellationToken.None);
        if (work is null)
            return;
        try
        {
            Measure(thread, work);
        }
        catch (Exception problem)
        {
            _failures[thread] = problem;
        }
        finally
        {
            work.CleanUp?.Invoke();
        }
    }

    private void Measure(int thread, BenchWork work)
    {
        var ticks = _ticks[thread];
        var began = Stopwatch.GetTimestamp();
        var limit = double.IsInfinity(phase.LimitSeconds) ? long.MaxValue : began + (long)(phase.LimitSeconds * Stopwatch.Frequency);
        var before = began;
        for (var number = 0L; number < ticks.Length && before < limit && !stop.IsCancellationRequested; number++)
        {
            work.Step(number);
            var after = Stopwatch.GetTimestamp();
            ticks[number] = after - before;
            before = after;
            _done[thread] = number + 1;
        }
        work.End?.Invoke();
    }

    private BenchResult Summarize(double seconds)
    {
        var all = _ticks.SelectMany((ticks, thread) => ticks.Take((int)_done[thread])).ToArray();
        Array.Sort(all);
        var rate = all.Length / seconds;
        return new BenchResult(
            phase.Name, all.Length, seconds, rate, rate * phase.BytesPerOperation / (1 << 20), Microseconds(all, 0.5), Microseconds(all, 0.99), Microseconds(all, 1));
    }

    private static double Microseconds(long[] sorted, double quantile) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * quantile)] * 1e6 / Stopwatch.Frequency;
}
