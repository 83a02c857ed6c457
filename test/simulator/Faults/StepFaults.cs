using System.Reflection;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;
using SealFs.StorageNode.Replication;

namespace SealFs.Simulator.Faults;

/// <summary>Deaths at the steps of moves: of who reached the step, of another node, or of the manager.</summary>
internal sealed class StepFaults(SimulatedWorld world)
{
    private static readonly string[] s_steps =
    [
        .. typeof(MoveSteps).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
    ];

    private readonly List<(string Step, Action<SimulatedNode> Strike)> _armed = [];

    /// <summary>Something happens when a node reaches a step next, whichever that is.</summary>
    public void Arm(Action<SimulatedNode> strike) => _armed.Add((s_steps[world.Random.Next(s_steps.Length)], strike));

    public void Clear() => _armed.Clear();

    /// <summary>Called by a node, in the middle of its work.</summary>
    public void Reached(SimulatedNode node, string step)
    {
        if (!node.IsUp)
            return;
        world.Note($"{node.Name} has reached {step}");
        var at = _armed.FindIndex(armed => armed.Step == step);
        if (at < 0)
            return;
        var strike = _armed[at].Strike;
        _armed.RemoveAt(at);
        strike(node);
    }
}
