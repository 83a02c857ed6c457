using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>One connection, from being made to being lost. Both sides learn of its loss, each in its own time.</summary>
internal sealed class SimulatedLink(SimulatedNetwork network, SimulatedProcess client, SimulatedProcess server)
{
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_longestLeftover = TimeSpan.FromSeconds(2);

    private long _toServerTicks;
    private long _toClientTicks;

    /// <summary>How the client takes note of the loss.</summary>
    public Action? ClientLost { get; set; }

    /// <summary>How the server takes note of the loss.</summary>
    public Action? ServerLost { get; set; }

    public bool IsBroken { get; private set; }

    /// <summary>The server may still get what was sent before the loss.</summary>
    private bool HasLeftovers { get; set; }

    public void ToServer(Action arrive)
    {
        if (Loses())
            return;
        _toServerTicks = Arrival(_toServerTicks);
        network.World.Schedule(Left(_toServerTicks), server, () =>
        {
            if (!IsBroken)
                arrive();
            else if (HasLeftovers)
                network.World.Schedule(network.World.Between(TimeSpan.Zero, s_longestLeftover), server, arrive);
        });
    }

    public void ToClient(Action arrive)
    {
        if (Loses())
            return;
        _toClientTicks = Arrival(_toClientTicks);
        network.World.Schedule(Left(_toClientTicks), client, () =>
        {
            if (!IsBroken)
                arrive();
        });
    }

    public void Break()
    {
        if (IsBroken)
            return;
        IsBroken = true;
        HasLeftovers = network.World.Chance(network.Leftovers);
        Tell(client, ClientLost);
        Tell(server, ServerLost);
    }

    private bool Loses()
    {
        if (!IsBroken && (network.IsCut(client, server) || !client.IsAlive || !server.IsAlive || network.World.Chance(network.Breaks)))
            Break();
        return IsBroken;
    }

    private void Tell(SimulatedProcess side, Action? lost)
    {
        if (lost is not null && side.IsAlive)
            network.World.Schedule(network.World.Between(TimeSpan.Zero, s_longestSilence), side, lost);
    }

    private long Arrival(long lastTicks) => Math.Max(lastTicks + 1, network.World.NowTicks + network.Delay().Ticks);

    private TimeSpan Left(long ticks) => TimeSpan.FromTicks(ticks - network.World.NowTicks);
}
