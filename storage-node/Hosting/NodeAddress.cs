namespace SealFs.StorageNode.Hosting;

/// <summary>How the node is reached.</summary>
/// <param name="Advertised">host:port of the data plane, as others are told.</param>
/// <param name="Port">The port it listens on.</param>
/// <param name="UnixPath">Path of the Unix socket, or empty.</param>
public sealed record NodeAddress(string Advertised, int Port, string UnixPath);
