using SealFs.Core.Control.V1;
using SealFs.Core.Placement;
using NodeState = SealFs.Core.Placement.NodeState;

namespace SealFs.Manager.Store;

/// <summary>What belongs to the cluster as a whole.</summary>
internal sealed record ClusterRecord
{
    public const int CurrentFormat = 2;

    /// <summary>Version of all records together.</summary>
    public required int Format { get; init; }

    public required Guid ClusterId { get; init; }

    /// <summary>The private key that signs tokens, PKCS#8. It is handed to nobody.</summary>
    public required byte[] TokenKey { get; init; }

    /// <summary>How often a manager has started on this state: the upper half of the numbers of the sessions that it opens.</summary>
    public required uint Starts { get; init; }

    public required uint ShardCount { get; init; }

    public required int Copies { get; init; }

    public required ulong MapVersion { get; init; }

    public required bool MapBuilt { get; init; }

    public required uint NextNodeId { get; init; }

    public required uint NextVolumeId { get; init; }
}

/// <summary>A node as it registered last.</summary>
internal sealed record NodeRecord
{
    public required uint Id { get; init; }

    public required Guid Uuid { get; init; }

    public required string Name { get; init; }

    public required string Address { get; init; }

    public required string UnixPath { get; init; }

    public required string HostIdentity { get; init; }

    public required string Zone { get; init; }

    public required double Weight { get; init; }

    public required ulong CapacityBytes { get; init; }

    /// <summary>The key that the node proves to others, SubjectPublicKeyInfo.</summary>
    public required byte[] PublicKey { get; init; }

    public required ulong Incarnation { get; init; }

    public required long RegisteredUnixMs { get; init; }

    public required NodeState State { get; init; }

    /// <summary>The capacity that counts for its share; 0 while none is known. It follows the real one in coarse steps.</summary>
    public ulong CountedCapacityBytes { get; init; }

    /// <summary>It is being emptied: it gets nothing, and gives what it has.</summary>
    public bool Draining { get; init; }

    public uint ShardsAtDrainStart { get; init; }

    /// <summary>Wall clock; until then no shard is moved from or to it.</summary>
    public long MaintenanceUntilUnixMs { get; init; }

    /// <summary>It was removed: its id and identity are never used again.</summary>
    public bool Removed { get; init; }

    public ClusterNode ToClusterNode() => new(new(Id), Name, Address, UnixPath, HostIdentity, Zone, Weight, State);
}

/// <summary>A volume; one that is being deleted stays until every node has purged it.</summary>
internal sealed record VolumeRecord
{
    public required uint Id { get; init; }

    public required string Name { get; init; }

    public required ulong QuotaBytes { get; init; }

    public required ulong QuotaInodes { get; init; }

    public required ulong ChunkSizeBytes { get; init; }

    public required ulong InlineLimitBytes { get; init; }

    public required VolumeDurability Durability { get; init; }

    public required long CreatedUnixMs { get; init; }

    public VolumeState State { get; init; }

    /// <summary>Nodes that still hold data of a deleted volume.</summary>
    public uint[] PurgePending { get; init; } = [];
}

/// <summary>A client's session. Its lease is not stored: it starts anew when the manager does.</summary>
internal sealed record SessionRecord
{
    public required ulong Id { get; init; }

    public required uint VolumeId { get; init; }

    public required bool ReadOnly { get; init; }

    public required string ClientName { get; init; }

    public required string Host { get; init; }

    public required long OpenedUnixMs { get; init; }

    /// <summary>Counts up with each session, also over restarts of the manager.</summary>
    public required ulong Number { get; init; }

    /// <summary>The client's key, SubjectPublicKeyInfo.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>Whose certificate it was opened with; empty without certificates.</summary>
    public required string Owner { get; init; }

    public required bool Administration { get; init; }
}

/// <summary>What one node used of each volume when it was stored last.</summary>
internal sealed record UsageRecord
{
    public required uint NodeId { get; init; }

    public required IReadOnlyList<VolumeUsage> Volumes { get; init; }
}

/// <summary>One node's usage of one volume.</summary>
internal sealed record VolumeUsage(uint VolumeId, ulong Bytes, ulong Inodes);
