using System.CommandLine;
using SealFs.Cli.Cluster;
using SealFs.Cli.Volumes;

namespace SealFs.Cli.Kubernetes;

/// <summary>
/// <c>sealfs kubectl</c>, and <c>kubectl sealfs</c> where the program is linked into the PATH as <c>kubectl-sealfs</c>: the commands about clusters and volumes, for a cluster in
/// Kubernetes that only its API server leads to.
/// </summary>
internal static class KubectlCommand
{
    public const string Name = "kubectl";

    private const string PluginName = "kubectl-sealfs";

    /// <summary>The command line as this program has it: a plugin's begins with the subcommand.</summary>
    public static string[] Translate(string[] args) => IsPlugin() ? [Name, .. args] : args;

    public static Command Build()
    {
        var group = new DocumentedCommand(
            Name,
            "The commands about clusters and volumes, for a SealFsCluster in the current Kubernetes context. Also as 'kubectl sealfs …', where this program is in the PATH as "
            + $"{PluginName}. Needs the rights to list sealfsclusters, to get and create pods/portforward, and to get the Secret with the admin certificate.",
            "kubectl sealfs status",
            "kubectl sealfs -n storage --cluster photos drain photos-node-3",
            "kubectl sealfs volumes list")
        {
            Of(ClusterStatusCommand.Build()),
            Of(ClusterNodesCommand.Build()),
            Of(ClusterMovesCommand.Build()),
            Of(ClusterMapCommand.Build()),
            Of(ClusterDrainCommand.Build()),
            Of(ClusterRemoveCommand.Build()),
            Of(ClusterMaintenanceCommand.Build()),
            Of(ClusterSafeCommand.Build()),
            Of(ClusterRebalanceCommand.Build()),
            Of(ClusterBalanceCommand.Build()),
            Volumes(),
        };
        foreach (var setting in KubernetesAccess.Settings)
            setting.Option.Recursive = true;
        return group.With(KubernetesAccess.Settings);
    }

    private static DocumentedCommand Volumes()
    {
        var group = new DocumentedCommand("volumes", "Create, list, show, resize and delete volumes. Those of claims are better changed by their claims.", "kubectl sealfs volumes list")
        {
            Of(VolumeListCommand.Build()),
            Of(VolumeShowCommand.Build()),
            Of(VolumeCreateCommand.Build()),
            Of(VolumeResizeCommand.Build()),
            Of(VolumeDeleteCommand.Build()),
        };
        group.Aliases.Add("volume");
        return group;
    }

    private static DocumentedCommand Of(Command command) => ((DocumentedCommand)command)
        .Around(KubernetesAccess.WithManagerAsync)
        .Rephrase(example => example.Contains("--manager", StringComparison.Ordinal) ? null : example.Replace("sealfs cluster ", "kubectl sealfs ", StringComparison.Ordinal).Replace("sealfs volume ", "kubectl sealfs volumes ", StringComparison.Ordinal));

    /// <summary>The name under which it was started, which a link keeps.</summary>
    private static bool IsPlugin()
    {
        var line = File.ReadAllText("/proc/self/cmdline");
        return Path.GetFileName(line[..line.IndexOf('\0', StringComparison.Ordinal)]) == PluginName;
    }
}
