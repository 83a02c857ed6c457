using SealFs.Simulator.World;

namespace SealFs.Simulator.Workload;

/// <summary>Everything that clients asked and were told.</summary>
internal sealed class History(SimulatedWorld world)
{
    private readonly List<Operation> _operations = [];
    private long _clock;

    public IReadOnlyList<Operation> Operations => _operations;

    public int NextIndex => _operations.Count;

    public long Tick() => ++_clock;

    public Operation Add(Operation operation)
    {
        _operations.Add(operation);
        return operation;
    }

    public void Finish(Operation operation)
    {
        operation.End = Tick();
        world.Note(operation.ToString());
    }
}
