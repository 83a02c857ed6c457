using SealFs.Core;
using SealFs.Simulator.Workload;

namespace SealFs.Simulator.Checking;

/// <summary>
/// All directories of a volume. What an operation makes whose answer nobody heard gets a stand-in for its inode, which the first lookup that finds it replaces by the real
/// one.
/// </summary>
internal sealed class NamespaceModel : IModel
{
    private const ulong StandIn = 1UL << 63;

    private readonly Dictionary<ulong, Dictionary<string, ModelEntry>> _directories = [];
    private readonly Dictionary<ulong, ulong> _parents = [];
    private readonly Dictionary<ulong, int> _links = [];

    public NamespaceModel(ulong root) => _directories[root] = [];

    public ulong Hash { get; private set; }

    public bool IsRightAndChangesNothing(Operation operation)
    {
        if (operation.Status is not { } status)
            return false;
        if (status != Errno.None)
            return Errors(operation).Contains(status);
        return operation.Kind == OperationKind.Lookup && Find(operation.Inode, operation.Name) == new ModelEntry(operation.Found, operation.FoundDirectory);
    }

    public IEnumerable<Action> Apply(Operation operation)
    {
        if (operation.Status is null)
            return ApplyUnheard(operation);
        return operation.Status == Errno.None ? ApplySuccess(operation) : Errors(operation).Contains(operation.Status.Value) ? [static () => { }] : [];
    }

    private IEnumerable<Action> ApplyUnheard(Operation operation)
    {
        if (Errors(operation).Count == 0)
        {
            foreach (var undo in Change(operation, StandIn | (uint)operation.Index))
                yield return undo;
        }

        yield return static () => { };
    }

    private IEnumerable<Action> ApplySuccess(Operation operation)
    {
        if (operation.Kind == OperationKind.Lookup)
            return ApplyLookup(operation);
        return Errors(operation).Count == 0 && !IsKnown(operation) ? Change(operation, operation.Found) : [];
    }

    /// <summary>An inode is made once.</summary>
    private bool IsKnown(Operation operation) =>
        operation.Kind is OperationKind.Create or OperationKind.Mkdir && (_links.ContainsKey(operation.Found) || _directories.ContainsKey(operation.Found));

    private IEnumerable<Action> ApplyLookup(Operation operation)
    {
        if (Find(operation.Inode, operation.Name) is not { } entry || entry.IsDirectory != operation.FoundDirectory)
            return [];
        if (entry.Inode == operation.Found)
            return [static () => { }];
        return (entry.Inode & StandIn) != 0 && !_links.ContainsKey(operation.Found) && !_directories.ContainsKey(operation.Found)
            ? Bind(entry.Inode, operation.Found)
            : [];
    }

    /// <summary>Everything that the operation may be refused for now. Empty: it succeeds.</summary>
    private List<Errno> Errors(Operation operation)
    {
        var errors = new List<Errno>();
        var hasDirectory = _directories.ContainsKey(operation.Inode);
        var entry = Find(operation.Inode, operation.Name);
        if (!hasDirectory)
            errors.Add(Errno.ENOENT);
        switch (operation.Kind)
        {
            case OperationKind.Lookup when entry is null:
                errors.Add(Errno.ENOENT);
                break;
            case OperationKind.Create or OperationKind.Mkdir when entry is not null:
                errors.Add(Errno.EEXIST);
                break;
            case OperationKind.Link:
                if (entry is not null)
                    errors.Add(Errno.EEXIST);
                if (_links.GetValueOrDefault(operation.LinkedInode) == 0)
                    errors.Add(Errno.ENOENT);
                break;
            case OperationKind.Unlink or OperationKind.Rmdir:
                AddRemovalErrors(errors, operation.Kind, entry);
                break;
            case OperationKind.Rename:
                AddRenameErrors(errors, operation, entry);
                break;
        }

        return errors;
    }

    private void AddRemovalErrors(List<Errno> errors, OperationKind kind, ModelEntry? entry)
    {
        if (entry is not { } found)
            errors.Add(Errno.ENOENT);
        else if (kind == OperationKind.Unlink && found.IsDirectory)
            errors.Add(Errno.EISDIR);
        else if (kind == OperationKind.Rmdir && !found.IsDirectory)
            errors.Add(Errno.ENOTDIR);
        else if (found.IsDirectory && _directories[found.Inode].Count > 0)
            errors.Add(Errno.ENOTEMPTY);
    }

    private void AddRenameErrors(List<Errno> errors, Operation operation, ModelEntry? entry)
    {
        if (entry is null || !_directories.ContainsKey(operation.TargetDirectory))
            errors.Add(Errno.ENOENT);
        if (entry is not { } moved)
            return;
        if (moved.IsDirectory && IsWithin(operation.TargetDirectory, moved.Inode))
            errors.Add(Errno.EINVAL);
        if (Find(operation.TargetDirectory, operation.TargetName) is not { } target || target.Inode == moved.Inode)
            return;
        if (target.IsDirectory && !moved.IsDirectory)
            errors.Add(Errno.EISDIR);
        if (!target.IsDirectory && moved.IsDirectory)
            errors.Add(Errno.ENOTDIR);
        if (target.IsDirectory && _directories[target.Inode].Count > 0)
            errors.Add(Errno.ENOTEMPTY);
    }

    private IEnumerable<Action> Change(Operation operation, ulong made)
    {
        var undo = new Stack<Action>();
        switch (operation.Kind)
        {
            case OperationKind.Create:
                Put(operation.Inode, operation.Name, new ModelEntry(made, false), undo);
                break;
            case OperationKind.Mkdir:
                Put(operation.Inode, operation.Name, new ModelEntry(made, true), undo);
                break;
            case OperationKind.Link:
                Put(operation.Inode, operation.Name, new ModelEntry(operation.LinkedInode, false), undo);
                break;
            case OperationKind.Unlink or OperationKind.Rmdir:
                Remove(operation.Inode, operation.Name, undo, isMoved: false);
                break;
            case OperationKind.Rename:
                Move(operation, undo);
                break;
        }

        yield return () =>
        {
            while (undo.TryPop(out var step))
                step();
        };
    }

    private void Move(Operation operation, Stack<Action> undo)
    {
        var moved = Find(operation.Inode, operation.Name)!.Value;
        if (Find(operation.TargetDirectory, operation.TargetName) is { } target)
        {
            if (target.Inode == moved.Inode)
                return;
            Remove(operation.TargetDirectory, operation.TargetName, undo, isMoved: false);
        }

        Remove(operation.Inode, operation.Name, undo, isMoved: true);
        Put(operation.TargetDirectory, operation.TargetName, moved, undo);
    }

    private ModelEntry? Find(ulong directory, string name) =>
        _directories.TryGetValue(directory, out var entries) && entries.TryGetValue(name, out var entry) ? entry : null;

    private bool IsWithin(ulong directory, ulong ancestor)
    {
        for (var at = directory; at != 0; at = _parents.GetValueOrDefault(at))
        {
            if (at == ancestor)
                return true;
        }

        return false;
    }

    private void Put(ulong directory, string name, ModelEntry entry, Stack<Action> undo)
    {
        _directories[directory].Add(name, entry);
        Hash ^= MarkOf(directory, name, entry);
        undo.Push(() =>
        {
            _directories[directory].Remove(name);
            Hash ^= MarkOf(directory, name, entry);
        });
        if (entry.IsDirectory)
            Adopt(directory, entry.Inode, undo);
        else
            CountLink(entry.Inode, 1, undo);
    }

    private void Adopt(ulong directory, ulong child, Stack<Action> undo)
    {
        _parents[child] = directory;
        undo.Push(() => _parents.Remove(child));
        if (_directories.TryAdd(child, []))
            undo.Push(() => _directories.Remove(child));
    }

    private void Remove(ulong directory, string name, Stack<Action> undo, bool isMoved)
    {
        var entry = _directories[directory][name];
        _directories[directory].Remove(name);
        Hash ^= MarkOf(directory, name, entry);
        undo.Push(() =>
        {
            _directories[directory].Add(name, entry);
            Hash ^= MarkOf(directory, name, entry);
        });
        if (!entry.IsDirectory)
        {
            CountLink(entry.Inode, -1, undo);
            return;
        }

        var parent = _parents[entry.Inode];
        _parents.Remove(entry.Inode);
        undo.Push(() => _parents[entry.Inode] = parent);
        if (isMoved)
            return;
        var entries = _directories[entry.Inode];
        _directories.Remove(entry.Inode);
        undo.Push(() => _directories[entry.Inode] = entries);
    }

    private void CountLink(ulong inode, int by, Stack<Action> undo)
    {
        if (_links.TryGetValue(inode, out var before))
            undo.Push(() => _links[inode] = before);
        else
            undo.Push(() => _links.Remove(inode));
        _links[inode] = before + by;
    }

    /// <summary>The stand-in turns out to be this inode, wherever it has got to.</summary>
    private IEnumerable<Action> Bind(ulong standIn, ulong inode)
    {
        Rename(standIn, inode);
        yield return () => Rename(inode, standIn);
    }

    private void Rename(ulong from, ulong to)
    {
        foreach (var (directory, entries) in _directories)
        {
            foreach (var (name, entry) in entries.Where(entry => entry.Value.Inode == from).ToList())
            {
                Hash ^= MarkOf(directory, name, entry) ^ MarkOf(directory, name, entry with { Inode = to });
                entries[name] = entry with { Inode = to };
            }
        }

        if (_directories.Remove(from, out var own))
        {
            foreach (var (name, entry) in own)
                Hash ^= MarkOf(from, name, entry) ^ MarkOf(to, name, entry);
            _directories[to] = own;
        }

        if (_parents.Remove(from, out var parent))
            _parents[to] = parent;
        foreach (var (child, of) in _parents.Where(pair => pair.Value == from).ToList())
            _parents[child] = to;
        if (_links.Remove(from, out var count))
            _links[to] = count;
    }

    private static ulong MarkOf(ulong directory, string name, ModelEntry entry)
    {
        var hash = (directory * 0x9E3779B97F4A7C15) ^ (entry.Inode * 0xD6E8FEB86659FD93);
        foreach (var letter in name)
            hash = (hash ^ letter) * 0x100000001B3;
        hash ^= hash >> 29;
        return hash * 0xBF58476D1CE4E5B9;
    }

    private readonly record struct ModelEntry(ulong Inode, bool IsDirectory);
}
