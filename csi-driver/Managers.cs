using Grpc.Core;
using SealFs.Core.Control;

namespace SealFs.CsiDriver;

/// <summary>Connections to the managers of the clusters that volumes belong to, made when needed.</summary>
internal sealed class Managers(IReadOnlyList<string> defaults) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ControlClient> _clients = new(StringComparer.Ordinal);

    /// <summary>Addresses for a handle's or StorageClass's list of managers; empty for the driver's own.</summary>
    public IReadOnlyList<string> Addresses(string managers) =>
        managers.Length == 0 ? defaults : managers.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <exception cref="RpcException">INVALID_ARGUMENT: these are no addresses.</exception>
    public ControlClient Of(string managers)
    {
        lock (_gate)
        {
            if (_clients.TryGetValue(managers, out var known))
                return known;
            if (_clients.Count >= CsiLimits.MaxManagerConnections)
                Forget();
            try
            {
                return _clients[managers] = new ControlClient(Addresses(managers), CsiLimits.ManagerTimeout);
            }
            catch (ArgumentException problem)
            {
                throw Refusal.Invalid(problem.Message);
            }
        }
    }

    /// <summary>The manager's refusal as the interface has it: its status codes were chosen alike.</summary>
    public static RpcException Translate(ControlException problem) => Refusal.Of(
        problem.Code is StatusCode.Unknown or StatusCode.Cancelled ? StatusCode.Internal : problem.Code, problem.Message);

    public void Dispose()
    {
        lock (_gate)
            Forget();
    }

    /// <summary>Calls under way on a forgotten connection fail, and are repeated by whoever made them.</summary>
    private void Forget()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        _clients.Clear();
    }
}
