using SealFs.Simulator.World;

namespace SealFs.Simulator.Network;

/// <summary>What listens at an address.</summary>
internal interface ISimulatedServer
{
    SimulatedProcess Process { get; }
}
