namespace SealFs.Cli.Up;

/// <summary>What <c>up --output json</c> prints, and what stands in up.json while the cluster runs.</summary>
/// <param name="Directory">Where the volume is mounted.</param>
/// <param name="Volume">Its name.</param>
/// <param name="Manager">host:port, for --manager and SEALFS_MANAGER.</param>
/// <param name="Nodes">Number of storage nodes.</param>
/// <param name="DataRoot">Where the data are.</param>
/// <param name="ProcessId">The one process of it all.</param>
internal sealed record UpState(string Directory, string Volume, string Manager, int Nodes, string DataRoot, int ProcessId);
