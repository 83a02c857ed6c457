using System.CommandLine;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster</c>: the group.</summary>
internal static class ClusterCommand
{
    public static Command Build() => new DocumentedCommand(
        "cluster", "Look at the cluster: its health, its nodes, and which node holds which shard.",
        "sealfs cluster status",
        "sealfs cluster nodes --output json")
    {
        ClusterStatusCommand.Build(),
        ClusterNodesCommand.Build(),
        ClusterMapCommand.Build(),
    };
}
