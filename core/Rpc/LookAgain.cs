using System.Diagnostics;

namespace SealFs.Core.Rpc;

/// <summary>
/// Whether a thread that has nothing to do looks again for a moment before it sleeps. Waking a sleeping thread costs more than executing a small request, above all
/// on a virtual machine, where it takes an interrupt between processors; looking takes the processor from others. So it is done where it paid lately: where
/// what was waited for came within that moment about every third time. Not thread-safe: each waiting thread has its own.
/// </summary>
public struct LookAgain
{
    /// <summary>What a wait within the moment gains …</summary>
    private const int Gain = 2;

    /// <summary>… a longer one costs 1, and no more than this is remembered: a thread that falls idle looks in vain so often.</summary>
    private const int Most = 8;

    /// <summary>
    /// 100 µs: a few round trips on one host, what a busy application does between two calls included. Never where whoever is waited for has no other processor to run on.
    /// </summary>
    private static readonly long s_ticks = Environment.ProcessorCount > 1 ? Stopwatch.Frequency / 10_000 : 0;

    private int _score;

    public readonly bool IsWorthWhile => _score > 0;

    /// <summary>The end of a moment that begins at this Stopwatch timestamp.</summary>
    public static long EndOf(long timestamp) => timestamp + s_ticks;

    /// <summary>A wait is over, with or without looking.</summary>
    public void Waited(long sinceTimestamp)
    {
        var isShort = Stopwatch.GetTimestamp() < EndOf(sinceTimestamp);
        _score = isShort ? Math.Min(_score + Gain, Most) : Math.Max(_score - 1, 0);
    }
}
