using SealFs.Manager.Store;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Storage;

/// <summary>The manager's state. A batch is there as a whole or not at all; a manager that dies while it waits does not know which.</summary>
internal sealed class SimulatedManagerStore(Dictionary<string, byte[]> records, SimulatedProcess process) : IManagerStore
{
    private static readonly TimeSpan s_longestWrite = TimeSpan.FromMilliseconds(3);

    public ValueTask<IReadOnlyDictionary<string, byte[]>> LoadAsync(CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyDictionary<string, byte[]>>(new SortedDictionary<string, byte[]>(records, StringComparer.Ordinal));

    public async ValueTask ApplyAsync(StoreBatch batch, CancellationToken cancellation)
    {
        var world = process.World;
        await Task.Delay(world.Between(TimeSpan.Zero, s_longestWrite), process.Clock, CancellationToken.None);
        foreach (var (key, value) in batch.Changes)
        {
            if (value is null)
                records.Remove(key);
            else
                records[key] = value;
        }

        await Task.Delay(world.Between(TimeSpan.Zero, s_longestWrite), process.Clock, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
