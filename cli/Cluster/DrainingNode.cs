namespace SealFs.Cli.Cluster;

/// <summary>A node that is being emptied, or is empty and not removed yet.</summary>
internal sealed record DrainingNode(string Node, DrainView Progress);
