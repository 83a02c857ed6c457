namespace SealFs.Cli.Cluster;

/// <summary>Who holds one shard.</summary>
internal sealed record ShardView(uint Shard, uint Epoch, uint Primary, IReadOnlyList<uint> InSync, IReadOnlyList<uint> Learners);
