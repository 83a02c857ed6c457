using SealFs.Core.Control;
using SealFs.Core.Security;

namespace SealFs.Operator.Administration;

/// <summary>One connection to each manager, made when it is needed and kept.</summary>
public sealed class ManagerAdministrations(TimeSpan callTimeout) : IClusterAdministrations, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ControlClient Client, HeldCredentials Credentials)> _known = [];

    public IClusterAdministration Of(string managerAddress, Credentials? credentials)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(managerAddress, out var known))
            {
                var held = new HeldCredentials(credentials);
                _known[managerAddress] = known = (new ControlClient([managerAddress], callTimeout, held), held);
            }
            known.Credentials.Current = credentials;
            return new ManagerAdministration(known.Client);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (client, _) in _known.Values)
                client.Dispose();
            _known.Clear();
        }
    }
}
