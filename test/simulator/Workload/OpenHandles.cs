using SealFs.Core;
using SealFs.Simulator.Checking;
using SealFs.Simulator.Mounts;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Workload;

/// <summary>The files that the applications of one mount have open.</summary>
internal sealed class OpenHandles(SimulatedWorld world, SimulatedMount mount, FilePromises promises, string client)
{
    private readonly List<MountedFile> _open = [];
    private int _lastNumber;

    public SimulatedMount Mount => mount;

    public FilePromises Promises => promises;

    public string Client => client;

    public int NextNumber() => ++_lastNumber;

    public void Note(string what) => world.Note($"{client} {what}");

    public void Add(MountedFile file) => _open.Add(file);

    public void Remove(MountedFile file)
    {
        _open.Remove(file);
        if (!_open.Exists(other => other.File == file.File))
            mount.Mistakes.Forget(file.File.Inode.Value);
    }

    public IEnumerable<MountedFile> Others(MountedFile file) => _open.Where(other => other != file && other.File == file.File);

    /// <summary>Applications are told of failures that have a reason.</summary>
    public void Explain(Errno status, string what)
    {
        world.Note($"{client}: {what}: {status}");
        var isExplained = status switch
        {
            Errno.EIO => promises.HasLosses || promises.WasFull,
            Errno.ENOSPC => promises.WasFull,
            _ => false,
        };
        if (!isExplained)
            world.Fail($"{client} was told of a failure that nothing explains: {what}: {status}");
    }
}
