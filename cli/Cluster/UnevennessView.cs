namespace SealFs.Cli.Cluster;

/// <summary>The largest node's deviation from its share: 0.1 is ten per cent.</summary>
/// <param name="ByShare">Of the number of shards.</param>
/// <param name="ByUsedBytes">Of the bytes in them.</param>
internal sealed record UnevennessView(double ByShare, double ByUsedBytes);
