namespace SealFs.Cli.Cluster;

/// <summary>Until when a node is left alone; null: it is not.</summary>
internal sealed record MaintenanceView(string Node, DateTimeOffset? Until);
