using SealFs.Operator.Certificates;
using SealFs.Operator.Runtime;

namespace SealFs.Operator;

/// <summary>How the operator runs. Each value is the manual of the command-line option with the same name.</summary>
public sealed record OperatorOptions
{
    /// <summary>Namespace whose clusters are looked after; empty for all.</summary>
    public string WatchNamespace { get; init; } = "";

    /// <summary>Namespace of the lease by which one of several operators leads.</summary>
    public string LeaseNamespace { get; init; } = "default";

    /// <summary>Name of the lease.</summary>
    public string LeaseName { get; init; } = "sealfs-operator";

    /// <summary>Who this operator is; the name of its pod.</summary>
    public string Identity { get; init; } = Environment.MachineName;

    /// <summary>Clusters that are worked on at the same time.</summary>
    public int Workers { get; init; } = 4;

    public CertificateOptions Certificates { get; init; } = new();

    public LeaderTimes LeaderTimes { get; init; } = LeaderTimes.Default;

    /// <summary>How often a cluster in which something is under way is looked at.</summary>
    public TimeSpan BusyInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Spreads back-off.</summary>
    public Random Random { get; init; } = new();
}
