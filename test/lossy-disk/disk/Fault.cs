using System.Text.RegularExpressions;

namespace SealFs.LossyDisk;

/// <summary>A rule: which calls go wrong, and how.</summary>
/// <param name="Operation">open, create, read, write, fsync, syncfs, truncate, fallocate, punch, unlink, rename, mkdir; * for all.</param>
/// <param name="Pattern">Path below the mount point, with * for any characters.</param>
/// <param name="Errno">The error of the call; 0 for none.</param>
/// <param name="Short">A write takes only half of its bytes.</param>
/// <param name="DelayMs">The call takes so much longer.</param>
/// <param name="Skip">So many calls go well before.</param>
/// <param name="Count">So many go wrong; all that follow go well.</param>
internal sealed record Fault(string Operation, string Pattern, int Errno, bool Short, int DelayMs, int Skip, int Count)
{
    private readonly Regex _pattern = new($"^{Regex.Escape(Pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$", RegexOptions.CultureInvariant);
    private int _seen;

    /// <summary>How many calls have gone wrong.</summary>
    public int Hits => Math.Clamp(Volatile.Read(ref _seen) - Skip, 0, Count);

    public bool Applies(string operation, string path)
    {
        if ((Operation != "*" && Operation != operation) || !_pattern.IsMatch(path))
            return false;
        var number = Interlocked.Increment(ref _seen);
        return number > Skip && number - Skip <= Count;
    }
}
