using System.Globalization;
using SealFs.Cli.Mounts;

namespace SealFs.Cli.Up;

/// <summary>Where <c>up</c> keeps a cluster on disk.</summary>
/// <param name="Root">Everything is below it; deleting it deletes the cluster.</param>
internal sealed record UpPaths(string Root)
{
    private const string NodePrefix = "node-";

    private const string RemovedPrefix = "removed-" + NodePrefix;

    public string Manager => Path.Combine(Root, "manager");

    /// <summary>The state of the running cluster, for other programs.</summary>
    public string StateFile => Path.Combine(Root, "up.json");

    public string LockFile => Path.Combine(Root, "up.lock");

    public string Log => Path.Combine(Root, "up.log");

    /// <summary>$XDG_DATA_HOME/sealfs/NAME, where NAME is made of the mount directory's path.</summary>
    public static UpPaths Default(string mountDirectory)
    {
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } own
            ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        return new UpPaths(Path.Combine(data, "sealfs", RuntimeFolder.NameOf(mountDirectory)));
    }

    public string Node(int number) => Path.Combine(Root, $"{NodePrefix}{number}");

    /// <summary>Numbers of the nodes that the cluster has already, in order; none when there is no cluster.</summary>
    public IReadOnlyList<int> ExistingNodes() => Numbers(NodePrefix);

    /// <summary>The number of the next new node: above all that there were.</summary>
    public int NextNode() => Numbers(NodePrefix).Concat(Numbers(RemovedPrefix)).DefaultIfEmpty(0).Max() + 1;

    /// <summary>Where the data of a node go that was taken out of the cluster. Nobody needs them any more, but deleting is for people.</summary>
    public string Removed(int number) => Path.Combine(Root, $"{RemovedPrefix}{number}");

    private IReadOnlyList<int> Numbers(string prefix) => !Directory.Exists(Root)
        ? []
        : [.. Directory.GetDirectories(Root, prefix + "*").Select(directory => NumberIn(Path.GetFileName(directory)[prefix.Length..])).Where(number => number > 0).Order()];

    private static int NumberIn(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
