namespace SealFs.Cli.Cluster;

/// <summary>Something was done with a node that has no other result.</summary>
internal sealed record NodeChanged(string Node);
