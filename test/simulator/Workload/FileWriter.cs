using System.Runtime.InteropServices;
using System.Text;
using SealFs.Core;
using SealFs.Fuse.Abi;
using SealFs.Simulator.Checking;
using SealFs.Simulator.Cluster;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Workload;

/// <summary>
/// One thread of an application that works with open files of a mount: some are its own, some are everybody's, of which it writes to its own cells and reads and syncs the rest too.
/// </summary>
internal sealed class FileWriter(SimulatedWorld world, SimulatedClient client, OpenHandles open, int slot, int slots)
{
    private const int MostOpen = 4;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_longestIdleness = TimeSpan.FromSeconds(3);

    private readonly List<MountedFile> _open = [];
    private readonly string _name = $"{client.Name}.{slot}";
    private ulong _lastValue;
    private int _lastFile;

    private FilePromises Promises => open.Promises;

    /// <summary>Makes a file that is there for certain, and adds it to those that are worked with.</summary>
    public async Task<WrittenFile> MakeFileAsync(bool isShared)
    {
        while (true)
        {
            var name = $"{Namespace.ScratchPrefix}w{slot}.{++_lastFile}";
            var input = new fuse_create_in { flags = 2, mode = 0x1A4 };
            var (status, payload) = await open.Mount.CallAsync(FuseOpcode.FUSE_CREATE, open.Mount.RootInode, [.. MemoryMarshal.AsBytes<fuse_create_in>([input]), .. Encoding.ASCII.GetBytes(name), 0]);
            if (status == Errno.None)
            {
                var inode = new InodeId(MemoryMarshal.Read<fuse_entry_out>(payload).nodeid);
                var handle = MemoryMarshal.Read<fuse_open_out>(payload.AsSpan(Marshal.SizeOf<fuse_entry_out>())).fh;
                var (synced, _) = await open.Mount.CallAsync(FuseOpcode.FUSE_FSYNC, inode, MemoryMarshal.AsBytes<fuse_fsync_in>([new() { fh = handle }]).ToArray());
                await open.Mount.CallAsync(FuseOpcode.FUSE_RELEASE, inode, MemoryMarshal.AsBytes<fuse_release_in>([new() { fh = handle }]).ToArray());
                if (synced == Errno.None)
                {
                    var file = new WrittenFile(Promises, inode, name, isShared ? null : _name);
                    Promises.Add(file);
                    return file;
                }
            }

            await Task.Delay(s_longestPause, client.Process.Clock);
        }
    }

    public async Task RunAsync(int operations)
    {
        await MakeFileAsync(isShared: false);
        for (var done = 0; done < operations; done++)
        {
            await Task.Delay(world.Between(TimeSpan.Zero, world.Chance(0.03) ? s_longestIdleness : s_longestPause), client.Process.Clock);
            await AskSomethingAsync();
        }

        foreach (var file in _open.ToList())
            await CloseAsync(file);
    }

    /// <summary>What a mount that has seen nothing of it reads is what was promised.</summary>
    public async Task CheckAsync(WrittenFile file)
    {
        var opened = await MountedFile.OpenAsync(open, file, isSynchronous: false, isDataOnly: false);
        if (opened is null)
        {
            world.Fail($"{file.Name}, which was synced, cannot be opened");
            return;
        }

        for (var cell = 0; cell < WrittenFile.Cells; cell++)
        {
            var (status, value) = await opened.ReadAsync(cell);
            world.Note($"cell {cell} of {file.Name}: {status} {value:x}");
            if (file.Judge(cell, status, value) is { } objection)
                world.Fail(objection);
        }

        await opened.CloseAsync();
    }

    private Task AskSomethingAsync()
    {
        if (_open.Count == 0)
            return OpenAsync();
        var file = _open[world.Random.Next(_open.Count)];
        return world.Random.Next(100) switch
        {
            < 12 => _open.Count < MostOpen ? OpenAsync() : CloseAsync(file),
            < 52 => WriteAsync(file),
            < 70 => file.SyncAsync(world.Chance(0.5)),
            < 80 => CloseAsync(file),
            < 90 => ReadAsync(file),
            < 95 => CutAsync(file),
            _ => SyncVolumeAsync(),
        };
    }

    private async Task OpenAsync()
    {
        var file = Promises.Files[world.Random.Next(Promises.Files.Count)];
        if (await MountedFile.OpenAsync(open, file, world.Chance(0.15), world.Chance(0.5)) is { } opened)
            _open.Add(opened);
    }

    private async Task CloseAsync(MountedFile file)
    {
        _open.Remove(file);
        await file.CloseAsync();
    }

    private async Task WriteAsync(MountedFile file)
    {
        if (OwnCell(file.File) is { } cell)
            await file.WriteAsync(cell, ((ulong)slot << 48) + (file.File.Inode.Value << 24) + ++_lastValue);
    }

    private async Task ReadAsync(MountedFile file)
    {
        var cell = world.Random.Next(WrittenFile.Cells);
        var (status, value) = await file.ReadAsync(cell);
        var certain = OwnsCell(file.File, cell) ? file.File.Certain(cell) : null;
        if (status != Errno.None)
        {
            open.Explain(status, $"reading {file.File.Name}");
            return;
        }

        if (!file.File.IsOwn(cell, value ?? 0) || (certain is { } wanted && wanted != (value ?? 0)))
            world.Fail($"{_name} reads {value:x} in cell {cell} of {file.File.Name} {(certain is { } known ? $"after writing {known:x}" : "which nobody wrote")}");
    }

    private async Task CutAsync(MountedFile file)
    {
        if (file.File.Owner == _name)
            await file.CutAsync(world.Chance(0.5) ? 0 : world.Random.Next(WrittenFile.Cells));
    }

    private async Task SyncVolumeAsync()
    {
        var begin = Promises.Tick();
        var status = Errno.None;
        if (!open.Mount.Mistakes.Has(Mounts.Mistakes.SyncNothing))
            (status, _) = await open.Mount.CallAsync(FuseOpcode.FUSE_SYNCFS, open.Mount.RootInode, new byte[8]);
        if (status != Errno.None)
        {
            open.Explain(status, "sync of the volume");
            foreach (var file in Promises.Files)
                file.Failed(open.Client);
            return;
        }

        open.Note("has synced the volume");
        foreach (var file in Promises.Files)
            file.Synced(open.Client, begin, isOfVolume: true);
    }

    private int? OwnCell(WrittenFile file)
    {
        var cell = world.Random.Next(WrittenFile.Cells);
        if (file.Owner is null)
            cell -= (cell % slots) - ((slot - 1) % slots);
        return cell < WrittenFile.Cells && OwnsCell(file, cell) ? cell : null;
    }

    private bool OwnsCell(WrittenFile file, int cell) => file.Owner is null ? cell % slots == (slot - 1) % slots : file.Owner == _name;
}
