using SealFs.Core;

namespace SealFs.Simulator.Workload;

/// <summary>
/// Names in directories that one thread has for itself, and what each may stand for after a loss of power: what it stood for when its directory was synced last, or anything
/// that was asked for since. A file that was synced under some name, and not removed since, has a name.
/// </summary>
internal sealed class SyncedNames
{
    private readonly SortedDictionary<(ulong Directory, string Name), List<ulong>> _names = [];
    private readonly SortedSet<ulong> _kept = [];
    private readonly SortedSet<(ulong Directory, string Name)> _unheard = [];

    public IEnumerable<(ulong Directory, string Name)> Names => _names.Keys.ToList();

    /// <summary>The directory is new: its names stand for nothing.</summary>
    public void Add(InodeId directory, IEnumerable<string> names)
    {
        foreach (var name in names)
            _names.Add((directory.Value, name), [0]);
    }

    /// <summary>What a name stands for as far as the thread knows.</summary>
    public ulong Last(InodeId directory, string name) => _names[(directory.Value, name)][^1];

    /// <summary>Something was asked for, after which the name may stand for another inode, or none.</summary>
    public void Changed(InodeId directory, string name, ulong inode)
    {
        var values = _names[(directory.Value, name)];
        values.Remove(inode);
        values.Add(inode);
    }

    /// <summary>The name is given to a file whose inode is known when the answer is there.</summary>
    public void Asked(InodeId directory, string name) => _unheard.Add((directory.Value, name));

    /// <summary>That answer is there.</summary>
    public void Heard(InodeId directory, string name, ulong made)
    {
        _unheard.Remove((directory.Value, name));
        if (made != 0)
            Changed(directory, name, made);
    }

    /// <summary>Whatever stands at one name may be moved to another, and what stands there may go.</summary>
    public void Moved(InodeId source, string sourceName, InodeId target, string targetName)
    {
        MayGo(target, targetName);
        var from = (source.Value, sourceName);
        if (_unheard.Contains(from))
            _unheard.Add((target.Value, targetName));
        foreach (var inode in _names[from].Where(static inode => inode != 0).ToList())
            Changed(target, targetName, inode);
        Changed(source, sourceName, 0);
    }

    /// <summary>Whatever the name stands for may be gone from now on.</summary>
    public void MayGo(InodeId directory, string name) => _kept.ExceptWith(_names[(directory.Value, name)]);

    /// <summary>Null when the name may stand for this.</summary>
    public string? Judge((ulong Directory, string Name) name, ulong found) =>
        _unheard.Contains(name) || _names[name].Contains(found) ? null : $"{name.Directory:x}/{name.Name} stands for {found:x} and may be {string.Join(" or ", _names[name].Select(static inode => $"{inode:x}"))}";

    /// <summary>The directory was synced while its name stood for this.</summary>
    public void Synced((ulong Directory, string Name) name, ulong found)
    {
        if (_unheard.Contains(name))
            return;
        var values = _names[name];
        values.Clear();
        values.Add(found);
        if (found != 0)
            _kept.Add(found);
    }

    /// <summary>Files that were synced and have none of the names that were found.</summary>
    public IEnumerable<ulong> Missing(IReadOnlySet<ulong> found) => _kept.Where(file => !found.Contains(file));
}
