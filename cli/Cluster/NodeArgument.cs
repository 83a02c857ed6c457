using System.CommandLine;

namespace SealFs.Cli.Cluster;

/// <summary>A storage node as people name it.</summary>
internal static class NodeArgument
{
    public static Argument<string> Build() => new("NODE") { Description = "Name or id of a storage node, as 'sealfs cluster nodes' lists them." };
}
