using SealFs.Simulator.World;

namespace SealFs.Simulator.Checking;

/// <summary>All files that are written to through mounts, what happened to them, and what applications were promised of them.</summary>
internal sealed class FilePromises(SimulatedWorld world)
{
    private readonly List<long> _losses = [];
    private long _clock;

    public List<WrittenFile> Files { get; } = [];

    /// <summary>A data disk was full.</summary>
    public bool WasFull { get; private set; }

    /// <summary>Something happened after which data that were not synced may be gone.</summary>
    public bool HasLosses => _losses.Count > 0;

    public long Tick() => ++_clock;

    /// <summary>A loss of power, a disk that could not sync, a session that ended.</summary>
    public void NoteLoss() => _losses.Add(Tick());

    public void NoteFull()
    {
        WasFull = true;
        NoteLoss();
    }

    public bool HasLossBetween(long from, long end) => _losses.Exists(loss => loss >= from && loss <= end);

    public void Add(WrittenFile file) => Files.Add(file);

    public void Fail(string what) => world.Fail(what);
}
