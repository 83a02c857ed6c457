using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>A volume as the manager's heartbeats describe it. Immutable: every heartbeat brings a new one.</summary>
public sealed record VolumeState
{
    public required VolumeId Id { get; init; }

    /// <summary>Every mutation is synced before it is answered.</summary>
    public bool Sync { get; init; }

    /// <summary>Files up to this size are kept in the metadata engine.</summary>
    public uint InlineLimitBytes { get; init; } = 16 * 1024;

    public ulong ChunkSizeBytes { get; init; } = 4 * 1024 * 1024;

    public long CreatedUnixMs { get; init; }

    /// <summary>Quota of the whole volume; 0 for none.</summary>
    public ulong QuotaBytes { get; init; }

    /// <inheritdoc cref="QuotaBytes"/>
    public ulong QuotaInodes { get; init; }

    /// <summary>Used in the whole cluster, as of the last heartbeat.</summary>
    public ulong UsedBytes { get; init; }

    /// <inheritdoc cref="UsedBytes"/>
    public ulong UsedInodes { get; init; }

    /// <summary>This node's part of <see cref="UsedBytes"/>.</summary>
    public long ReportedBytes { get; init; }

    /// <summary>This node's part of <see cref="UsedInodes"/>.</summary>
    public long ReportedInodes { get; init; }

    /// <summary>This node's usage may grow up to here.</summary>
    public ulong CeilingBytes { get; init; } = long.MaxValue;

    /// <inheritdoc cref="CeilingBytes"/>
    public ulong CeilingInodes { get; init; } = long.MaxValue;

    /// <summary>What had moved here and away (<see cref="VolumeUsage.Moved"/>) when the usage was told that the ceilings answer.</summary>
    internal VolumeUsageDelta MovedBefore { get; init; }

    /// <summary>
    /// The ceilings as they are applied: with a shard that comes or leaves they rise or sink by what it uses, so that the sum over all nodes stays what the manager granted.
    /// </summary>
    internal (ulong Bytes, ulong Inodes) CeilingsNow(VolumeUsage usage)
    {
        var moved = usage.Moved;
        return (Shift(CeilingBytes, moved.Bytes - MovedBefore.Bytes), Shift(CeilingInodes, moved.Inodes - MovedBefore.Inodes));
    }

    private static ulong Shift(ulong ceiling, long moved)
    {
        // Without a quota there is nothing to keep together.
        if (ceiling >= long.MaxValue)
            return ceiling;
        return moved < 0 ? ceiling - Math.Min(ceiling, (ulong)-moved) : Math.Min(ceiling + (ulong)moved, long.MaxValue);
    }

    /// <summary>Asking for a higher ceiling again soon will help; when false, an exhausted one means ENOSPC.</summary>
    public bool MoreExpected { get; init; }
}
