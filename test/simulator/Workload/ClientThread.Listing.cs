using SealFs.Core;

namespace SealFs.Simulator.Workload;

/// <content>
/// Listings. What is in a directory all the time that one takes is in it, and what is not in it all that time is not: so it says of each name what a lookup would have said at some
/// moment of it, and that is how it stands in the history.
/// </content>
internal sealed partial class ClientThread
{
    private async Task ListAsync(InodeId directory)
    {
        var begin = history.Tick();
        var (status, entries) = await _files.ListAsync(directory);
        var end = history.Tick();
        world.Note($"{Name} lists {directory.Value:x}: {status}, {string.Join(" ", entries.Select(static entry => entry.Name))}");
        if (status is Errno.EIO or Errno.Malformed)
            world.Fail($"a listing of {directory.Value:x} failed with {status}");
        if (entries.CountBy(static entry => entry.Name).FirstOrDefault(static count => count.Value > 1).Key is { } twice)
            world.Fail($"{twice} is in a listing of {directory.Value:x} twice");
        foreach (var entry in entries.Where(static entry => !Namespace.IsName(entry.Name)))
            world.Fail($"{entry.Name} is in a listing of {directory.Value:x}");
        foreach (var name in Namespace.AllNames)
            Add(directory, name, status == Errno.None ? entries.Find(entry => entry.Name == name) : default, begin, end);
    }

    private void Add(InodeId directory, string name, ListedEntry entry, long begin, long end)
    {
        var operation = history.Add(new Operation
        {
            Index = history.NextIndex,
            Client = Name,
            Kind = OperationKind.Lookup,
            Inode = directory.Value,
            Name = name,
            Begin = begin,
            End = end,
            Status = entry.Inode == 0 ? Errno.ENOENT : Errno.None,
            Found = entry.Inode,
            FoundDirectory = entry.IsDirectory,
        });
        names.Note(operation);
    }
}
