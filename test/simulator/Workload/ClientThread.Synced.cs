using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.Simulator.Workload;

/// <content>
/// Names where machines lose power and the volume asks for nothing. In directories that all threads know, changes are lost, and no answer says anything about the state for certain; they are
/// there for the halves of changes that must not be left. What must not be lost is in directories that a thread has for itself: what was synced.
/// </content>
internal sealed partial class ClientThread
{
    private const int MostChanges = 50;

    /// <summary>Enough that directories split.</summary>
    private static readonly string[] s_ownNames = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

    private static readonly TimeSpan s_longestOwnPause = TimeSpan.FromMilliseconds(40);

    /// <summary>Everything that was synced is there, when everything is mended.</summary>
    public async Task CheckSyncedAsync()
    {
        foreach (var synced in names.Synced)
        {
            var found = new HashSet<ulong>();
            foreach (var name in synced.Names)
            {
                var (_, inode, _) = await _files.LookupAsync(new InodeId(name.Directory), name.Name);
                found.Add(inode);
                if (synced.Judge(name, inode) is { } objection)
                    world.Fail($"what was synced is lost: {objection}");
            }

            foreach (var file in synced.Missing(found))
                world.Fail($"what was synced is lost: file {file:x} has no name any more");
        }
    }

    private Task AskForNamesAsync()
    {
        var dice = world.Random.Next(100);
        return dice switch
        {
            < 15 => CreateAsync(names.Directory(), names.Name()),
            < 30 => MkdirAsync(names.Directory(), names.Name()),
            < 38 => LookupAsync(names.Directory(), names.Name()),
            < 48 => RemoveAsync(OperationKind.Unlink, names.Directory(), names.Name()),
            < 60 => RemoveAsync(OperationKind.Rmdir, names.Directory(), names.Name()),
            < 78 => RenameAsync(names.Directory(), names.Name(), names.Directory(), names.Name()),
            < 86 => LinkAsync(names.File(), names.Directory(), names.Name()),
            < 90 => ListAsync(names.Directory()),
            < 93 => SyncAsync(names.Directory()),
            _ => KeepNamesAsync(names.Directory()),
        };
    }

    private async Task<Errno> SyncAsync(InodeId inode)
    {
        var status = await _files.SyncAsync(inode);
        world.Note($"{Name} syncs {inode.Value:x}: {status}");
        if (status is Errno.EIO or Errno.Malformed)
            world.Fail($"an fsync failed with {status}");
        return status;
    }

    /// <summary>A few directories, below each other or beside, with a few names.</summary>
    private async Task KeepNamesAsync(InodeId parent)
    {
        var own = new SyncedNames();
        names.Synced.Add(own);
        var directories = new List<InodeId>();
        for (var change = 0; change < MostChanges; change++)
        {
            await Task.Delay(world.Between(TimeSpan.Zero, s_longestOwnPause), client.Process.Clock);
            if (directories.Count == 0 || (directories.Count < 3 && world.Chance(0.2)))
                await MakeOwnAsync(own, directories, directories.Count > 0 && world.Chance(0.7) ? directories[^1] : parent);
            else
                await ChangeOwnAsync(own, directories);
            if (directories.Count == 0)
                return;
        }
    }

    private async Task MakeOwnAsync(SyncedNames own, List<InodeId> directories, InodeId parent)
    {
        var (status, inode, _) = await _files.MkdirAsync(parent, $"{Namespace.ScratchPrefix}dir{slot}.{++_lastScratch}");
        if (status != Errno.None)
            return;
        directories.Add(new InodeId(inode));
        own.Add(directories[^1], s_ownNames);
    }

    private async Task ChangeOwnAsync(SyncedNames own, List<InodeId> directories)
    {
        var directory = directories[world.Random.Next(directories.Count)];
        var name = s_ownNames[world.Random.Next(s_ownNames.Length)];
        var now = own.Last(directory, name);
        switch (world.Random.Next(12))
        {
            case 0 or 1 or 2 or 10 or 11:
                own.Asked(directory, name);
                var (status, made, _) = await _files.CreateAsync(directory, name, 0);
                own.Heard(directory, name, Expect(status, "create") ? made : 0);
                break;
            case 3:
                own.MayGo(directory, name);
                own.Changed(directory, name, 0);
                Expect(await _files.RemoveAsync(Opcode.Unlink, directory, name), "unlink");
                break;
            case 4 or 5 or 6:
                await MoveOwnAsync(own, directory, name, directories[world.Random.Next(directories.Count)], s_ownNames[world.Random.Next(s_ownNames.Length)]);
                break;
            case 7 when now != 0:
                var (other, otherName) = (directories[world.Random.Next(directories.Count)], s_ownNames[world.Random.Next(s_ownNames.Length)]);
                own.Changed(other, otherName, now);
                Expect(await _files.LinkAsync(new InodeId(now), other, otherName), "link");
                break;
            default:
                await SyncOwnAsync(own, directory);
                break;
        }
    }

    private async Task MoveOwnAsync(SyncedNames own, InodeId source, string sourceName, InodeId target, string targetName)
    {
        var (moved, replaced) = (own.Last(source, sourceName), own.Last(target, targetName));
        if ((source == target && sourceName == targetName) || moved == 0 || moved == replaced)
            return;
        own.Moved(source, sourceName, target, targetName);
        Expect(await _files.RenameAsync(source, sourceName, target, targetName), "rename");
    }

    private bool Expect(Errno status, string what)
    {
        if (status is Errno.EIO or Errno.Malformed)
            world.Fail($"{Name} was told of a failure that nothing explains: {what}: {status}");
        return status == Errno.None;
    }

    /// <summary>Names that stand for the same before and after it stand for that on the disk.</summary>
    private async Task SyncOwnAsync(SyncedNames own, InodeId directory)
    {
        var before = await LookAtOwnAsync(own, directory);
        if (await SyncAsync(directory) != Errno.None)
            return;
        var after = await LookAtOwnAsync(own, directory);
        foreach (var (name, found) in after)
        {
            if (before[name] == found)
                own.Synced((directory.Value, name), found);
        }
    }

    private async Task<Dictionary<string, ulong>> LookAtOwnAsync(SyncedNames own, InodeId directory)
    {
        var found = new Dictionary<string, ulong>();
        foreach (var name in s_ownNames)
        {
            var (_, inode, _) = await _files.LookupAsync(directory, name);
            found.Add(name, inode);
            if (own.Judge((directory.Value, name), inode) is { } objection)
                world.Fail($"what was synced is lost: {objection}");
        }

        return found;
    }
}
