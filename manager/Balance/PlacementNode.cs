using SealFs.Core;
using SealFs.Core.Placement;

namespace SealFs.Manager.Balance;

/// <summary>A node as a plan sees it.</summary>
internal sealed record PlacementNode
{
    public required NodeId Id { get; init; }

    public required string Name { get; init; }

    public string Zone { get; init; } = "";

    /// <summary>Weight times capacity.</summary>
    public required double ShareWeight { get; init; }

    /// <summary>Weight alone: a larger disk does not make a node faster.</summary>
    public double LoadWeight { get; init; } = 1;

    public bool Draining { get; init; }

    public bool Live { get; init; } = true;

    public bool InMaintenance { get; init; }

    /// <summary>False when it reports that something is wrong with it.</summary>
    public bool Healthy { get; init; } = true;

    /// <summary>Its disks have been reported.</summary>
    public bool Heard { get; init; } = true;

    public DiskRoom Data { get; init; } = DiskRoom.Unknown;

    public DiskRoom Metadata { get; init; } = DiskRoom.Unknown;

    /// <summary>Why no shard can be taken from it now; null when one can.</summary>
    public string? WhyNoSource => (Live, InMaintenance) switch
    {
        (false, _) => $"node '{Name}' is dead",
        (_, true) => $"node '{Name}' is in maintenance",
        _ => null,
    };

    /// <summary>Why it can be given nothing now; null when it can.</summary>
    public string? WhyNoTarget => WhyNoSource
        ?? (Draining ? $"node '{Name}' is being drained" : null)
        ?? (Healthy ? null : $"node '{Name}' is not healthy")
        ?? (Heard ? null : $"node '{Name}' has not told yet how much room it has");

    public ClusterNode ToClusterNode() => new(Id, Name, "", "", "", Zone, ShareWeight, NodeState.Live);
}

/// <summary>What is free on a disk.</summary>
internal readonly record struct DiskRoom(ulong CapacityBytes, ulong FreeBytes)
{
    /// <summary>Nothing was reported: everything fits.</summary>
    public static readonly DiskRoom Unknown;

    public double UsedBytes => CapacityBytes > FreeBytes ? CapacityBytes - (double)FreeBytes : 0;

    /// <summary>Whether so much fits in beside the reserve.</summary>
    public bool Has(double bytes) => CapacityBytes == 0 || FreeBytes >= bytes + Math.Min(CapacityBytes * Limits.RoomReserve, Limits.MaxRoomReserveBytes);
}
