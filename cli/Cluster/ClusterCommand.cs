using System.CommandLine;

namespace SealFs.Cli.Cluster;

/// <summary><c>sealfs cluster</c>: the group.</summary>
internal static class ClusterCommand
{
    public static Command Build() => new DocumentedCommand(
        "cluster",
        "Look at the cluster, and change it while it is in use. It grows by itself: a node that 'sealfs node' starts gets its share of the shards. It shrinks by drain and remove.",
        "sealfs cluster status --watch",
        "sealfs cluster nodes --output json",
        "sealfs cluster drain node-3 && sealfs cluster remove node-3")
    {
        ClusterStatusCommand.Build(),
        ClusterNodesCommand.Build(),
        ClusterMapCommand.Build(),
        ClusterMovesCommand.Build(),
        ClusterMoveCommand.Build(),
        ClusterCancelMoveCommand.Build(),
        ClusterDrainCommand.Build(),
        ClusterRemoveCommand.Build(),
        ClusterMaintenanceCommand.Build(),
        ClusterSafeCommand.Build(),
        ClusterRebalanceCommand.Build(),
        ClusterBalanceCommand.Build(),
    };
}
