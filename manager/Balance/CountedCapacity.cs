namespace SealFs.Manager.Balance;

/// <summary>
/// The capacity that counts for a node's share. It is the same for nodes whose disks are nearly the same, and stays while a disk's size hardly changes, so that a
/// few GiB more or less move nothing.
/// </summary>
internal static class CountedCapacity
{
    /// <summary>Capacities that differ by less than this part count as one.</summary>
    public const double Step = 0.125;

    /// <param name="capacityBytes">The node's disk; 0 when it is not known.</param>
    /// <param name="before">What counted for it so far; 0 for a new node.</param>
    /// <param name="others">What counts for the other nodes.</param>
    public static ulong Of(ulong capacityBytes, ulong before, IEnumerable<ulong> others)
    {
        if (capacityBytes == 0 || IsNear(capacityBytes, before))
            return before;
        return others.Where(other => IsNear(capacityBytes, other)).Order().DefaultIfEmpty(capacityBytes).MinBy(other => Distance(capacityBytes, other));
    }

    private static bool IsNear(ulong capacityBytes, ulong counted) => counted != 0 && Distance(capacityBytes, counted) < counted * Step;

    private static double Distance(ulong one, ulong other) => Math.Abs((double)one - other);
}
