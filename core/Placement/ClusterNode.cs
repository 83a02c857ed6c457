namespace SealFs.Core.Placement;

/// <summary>A storage node as the cluster map shows it to everybody.</summary>
/// <param name="Id">Given at the first registration, kept for ever.</param>
/// <param name="Name">Unique in the cluster; for people.</param>
/// <param name="Address">host:port of the data plane.</param>
/// <param name="UnixPath">Path of the Unix socket, or empty. Only for processes with the same <paramref name="HostIdentity"/>.</param>
/// <param name="HostIdentity">Equal on two processes exactly when they share a host.</param>
/// <param name="Zone">Failure domain: copies of a shard avoid sharing one.</param>
/// <param name="Weight">Share of the shards against other nodes of the same capacity; 1 is ordinary.</param>
/// <param name="State">Whether the node holds a lease.</param>
public sealed record ClusterNode(
    NodeId Id,
    string Name,
    string Address,
    string UnixPath,
    string HostIdentity,
    string Zone,
    double Weight,
    NodeState State);
