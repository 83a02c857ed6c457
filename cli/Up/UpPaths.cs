using SealFs.Cli.Mounts;

namespace SealFs.Cli.Up;

/// <summary>Where <c>up</c> keeps a cluster on disk.</summary>
/// <param name="Root">Everything is below it; deleting it deletes the cluster.</param>
internal sealed record UpPaths(string Root)
{
    private const string NodePrefix = "node-";

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

    /// <summary>How many nodes the cluster has that is there already; 0 when there is none.</summary>
    public int ExistingNodes() => Directory.Exists(Root) ? Directory.GetDirectories(Root, NodePrefix + "*").Length : 0;
}
