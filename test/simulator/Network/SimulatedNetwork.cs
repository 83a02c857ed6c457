using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>
/// What lies between processes: delays, cuts between any two of them, and connections that break. It promises what TCP promises: on one connection everything arrives in
/// order or the connection is lost; between connections nothing is promised.
/// </summary>
internal sealed class SimulatedNetwork(SimulatedWorld world)
{
    private static readonly TimeSpan s_fast = TimeSpan.FromMicroseconds(30);
    private static readonly TimeSpan s_slow = TimeSpan.FromMicroseconds(600);
    private static readonly TimeSpan s_congested = TimeSpan.FromMilliseconds(80);

    private readonly Dictionary<string, ISimulatedServer> _servers = [];
    private readonly HashSet<(string, string)> _cuts = [];

    public SimulatedWorld World => world;

    /// <summary>Share of the messages that meet congestion.</summary>
    public double Congestion { get; set; }

    /// <summary>Share of the messages with which their connection breaks.</summary>
    public double Breaks { get; set; }

    /// <summary>Share of the broken connections of which the server goes on reading what was sent, for some seconds.</summary>
    public double Leftovers { get; set; }

    public void Listen(string address, ISimulatedServer server) => _servers[address] = server;

    public void Close(string address, ISimulatedServer server)
    {
        if (_servers.GetValueOrDefault(address) == server)
            _servers.Remove(address);
    }

    /// <summary>Who listens there and can be reached from there; null when nobody does.</summary>
    public ISimulatedServer? Find(SimulatedProcess from, string address) =>
        _servers.GetValueOrDefault(address) is { Process.IsAlive: true } server && !IsCut(from, server.Process) ? server : null;

    public bool IsCut(SimulatedProcess one, SimulatedProcess other) => _cuts.Contains(Pair(one.Name, other.Name));

    public void Cut(string one, string other) => _cuts.Add(Pair(one, other));

    public void Heal(string one, string other) => _cuts.Remove(Pair(one, other));

    public void HealAll()
    {
        _cuts.Clear();
        Congestion = 0;
        Breaks = 0;
        Leftovers = 0;
    }

    /// <summary>How long a message is on its way.</summary>
    public TimeSpan Delay() => world.Chance(Congestion) ? world.Between(s_slow, s_congested) : world.Between(s_fast, s_slow);

    private static (string, string) Pair(string one, string other) => string.CompareOrdinal(one, other) < 0 ? (one, other) : (other, one);
}
