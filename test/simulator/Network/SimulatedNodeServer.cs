using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Simulator.World;
using SealFs.StorageNode.Hosting;
using SealFs.StorageNode.Sessions;

namespace SealFs.Simulator.Network;

/// <summary>The listening side of a node's data plane, in front of the node's own greeter and dispatcher.</summary>
internal sealed class SimulatedNodeServer(SimulatedNetwork network, SimulatedProcess process, NodeParts parts) : ISimulatedServer
{
    public SimulatedProcess Process => process;

    public SimulatedNetwork Network => network;

    public NodeParts Parts => parts;

    public Greeter Greeter { get; } = new(parts.Node, NullLogger<Greeter>.Instance);

    public SimulatedConnection Accept(SimulatedLink link)
    {
        var connection = new SimulatedConnection(this, link);
        link.ServerLost = connection.Lost;
        process.Killed += link.Break;
        return connection;
    }
}
