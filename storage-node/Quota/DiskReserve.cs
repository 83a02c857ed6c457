using SealFs.Core;
using SealFs.StorageNode.Chunks;

namespace SealFs.StorageNode.Quota;

/// <summary>The outcome of asking a disk how much room it has.</summary>
public delegate Errno AskForSpace(out StoreSpace space);

/// <summary>
/// Keeps the last bytes of the data disk free. Counts what is allocated since the disk was asked last, so that a fast writer does not run through the reserve
/// between two looks; lets writing go on as soon as there is room again.
/// </summary>
public sealed class DiskReserve(AskForSpace ask, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _free;
    private long _askedMs = long.MinValue / 2;
    private long _total;

    /// <summary>True when so many bytes may be allocated.</summary>
    public bool TryTake(long bytes)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp() * 1000 / time.TimestampFrequency;
            if (now - _askedMs >= QuotaLimits.RefreshMs || (!Fits(bytes) && now - _askedMs >= QuotaLimits.AskMs))
                Ask(now);
            if (!Fits(bytes))
                return false;
            _free -= bytes;
            return true;
        }
    }

    private bool Fits(long bytes) => _free - bytes >= (long)QuotaLimits.ReserveOf((ulong)_total);

    private void Ask(long nowMs)
    {
        _askedMs = nowMs;

        // A disk that cannot be asked is not taken for full: the write itself will tell.
        var known = ask(out var space) == Errno.None;
        _free = known ? (long)Math.Min(space.FreeBytes, long.MaxValue) : long.MaxValue;
        _total = known ? (long)Math.Min(space.TotalBytes, long.MaxValue) : 0;
    }
}
