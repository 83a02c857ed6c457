namespace SealFs.Cli.Cluster;

/// <summary>A node that was taken out, and what was lost with it.</summary>
internal sealed record NodeRemoved(string Node, uint[] LostShards);
