using Grpc.Core;
using Microsoft.Extensions.Logging;
using SealFs.Core.Control;
using SealFs.Core.Security;

namespace SealFs.CsiDriver;

/// <summary>Connections to the managers of the clusters that volumes belong to, made when needed, each with the credentials for that cluster if there are any.</summary>
/// <param name="defaults">The driver's own managers.</param>
/// <param name="tlsDirectory">Where credentials are; empty: there are none.</param>
/// <param name="loggers">Are told of credentials that change, or cannot be used.</param>
internal sealed class Managers(IReadOnlyList<string> defaults, string tlsDirectory, ILoggerFactory loggers) : IDisposable
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
                return _clients[managers] = Open(Addresses(managers));
            }
            catch (ArgumentException problem)
            {
                throw Refusal.Invalid(problem.Message);
            }
        }
    }

    /// <summary>Files that come, change or go later are noticed by the next call.</summary>
    private ControlClient Open(IReadOnlyList<string> addresses) => new(addresses, CsiLimits.ManagerTimeout, tlsDirectory.Length == 0
        ? null : FileCredentials.ForManagers(tlsDirectory, addresses, [CertificateRole.Admin], logger: loggers.CreateLogger<FileCredentials>()));

    /// <summary>The manager's refusal as the interface has it: its status codes were chosen alike.</summary>
    public static RpcException Translate(ControlException problem) => problem.Code switch
    {
        StatusCode.Unknown or StatusCode.Cancelled => Refusal.Of(StatusCode.Internal, problem.Message),

        // The interface means the secrets of a request by it. The certificate comes by itself, as soon as the kubelet brings it into the pod.
        StatusCode.Unauthenticated => Refusal.Of(
            StatusCode.Unavailable, $"{problem.Message} There is no certificate for it in --tls-clusters-dir: that of a new cluster needs a minute or two to get there."),
        _ => Refusal.Of(problem.Code, problem.Message),
    };

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
