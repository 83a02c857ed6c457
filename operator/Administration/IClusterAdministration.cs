using SealFs.Core.Control;
using SealFs.Core.Security;

namespace SealFs.Operator.Administration;

/// <summary>What the operator asks of a cluster's manager. Every call may be repeated. Failures are <see cref="ControlException"/>.</summary>
public interface IClusterAdministration
{
    Task<ClusterView> ViewAsync(CancellationToken cancellation);

    /// <summary>Begins to empty a node, which goes on serving meanwhile.</summary>
    Task DrainAsync(string node, CancellationToken cancellation);

    Task CancelDrainAsync(string node, CancellationToken cancellation);

    /// <summary>Forgets a node that is empty and gone.</summary>
    Task RemoveAsync(string node, CancellationToken cancellation);

    Task<SafetyView> SafetyAsync(string node, CancellationToken cancellation);
}

/// <summary>Connections to managers.</summary>
public interface IClusterAdministrations
{
    /// <param name="managerAddress">host:port.</param>
    /// <param name="credentials">What to show, of role admin, and whom to trust; null: in cleartext. Connections that are there already go on with what they began with.</param>
    IClusterAdministration Of(string managerAddress, Credentials? credentials);
}
