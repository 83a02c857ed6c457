using SealFs.Core.Control;

namespace SealFs.Operator.Administration;

/// <summary>One connection to each manager, made when it is needed and kept.</summary>
public sealed class ManagerAdministrations(TimeSpan callTimeout) : IClusterAdministrations, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ControlClient> _clients = [];

    public IClusterAdministration Of(string managerAddress)
    {
        lock (_gate)
        {
            if (!_clients.TryGetValue(managerAddress, out var client))
                _clients[managerAddress] = client = new ControlClient([managerAddress], callTimeout);
            return new ManagerAdministration(client);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var client in _clients.Values)
                client.Dispose();
            _clients.Clear();
        }
    }
}
