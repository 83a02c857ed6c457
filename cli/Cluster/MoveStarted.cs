namespace SealFs.Cli.Cluster;

/// <summary>A move that was asked for.</summary>
internal sealed record MoveStarted(ulong Id);
