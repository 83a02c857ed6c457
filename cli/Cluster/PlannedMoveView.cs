namespace SealFs.Cli.Cluster;

/// <summary>A move that would make the nodes more even.</summary>
internal sealed record PlannedMoveView(uint Shard, string Source, string Target, ulong Bytes);
