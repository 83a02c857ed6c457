using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.Simulator.Workload;

/// <content>Files that lose their last name while they are open: what was written to them is there until they are closed, and nothing of them afterwards.</content>
internal sealed partial class ClientThread
{
    private static readonly TimeSpan s_longestUse = TimeSpan.FromSeconds(2);

    private int _lastScratch;

    private async Task UseScratchFileAsync(InodeId directory)
    {
        var name = $"{Namespace.ScratchPrefix}{slot}.{++_lastScratch}";
        if (await MakeScratchAsync(directory, name) is not { } file)
            return;
        var value = await WriteScratchAsync(file);
        var removed = await RemoveAsync(OperationKind.Unlink, directory, name);
        if (removed.Status != Errno.None)
            world.Fail($"a name that nobody else knows is gone: {removed}");
        await Task.Delay(world.Between(TimeSpan.Zero, s_longestUse), client.Process.Clock);
        await ReadScratchAsync(file, value);
        await ReadScratchAsync(file, await WriteScratchAsync(file));
        client.OpenFiles.Close(file);
    }

    /// <summary>Opened with its creation, or after it.</summary>
    private async Task<InodeId?> MakeScratchAsync(InodeId directory, string name)
    {
        var stamp = client.OpenFiles.NextStamp();
        var opensAtOnce = world.Chance(0.5);
        var made = await CreateAsync(directory, name, opensAtOnce ? stamp : 0);
        if (made.Status != Errno.None)
            return null;
        var file = new InodeId(made.Found);
        if (!opensAtOnce && await _files.OpenAsync(file, stamp) is var status && status != Errno.None)
        {
            world.Fail($"a file that has a name cannot be opened: {status} after {made}");
            return null;
        }

        client.OpenFiles.Add(file, stamp);
        return file;
    }

    /// <summary>Null: there is no telling what is in it.</summary>
    private async Task<ulong?> WriteScratchAsync(InodeId file)
    {
        var written = await WriteAsync((file, world.Random.Next(2)));
        if (written.Status is not (Errno.None or Errno.ENOSPC))
            world.Fail($"an open file is gone: {written}");
        _scratchBlock = written.Block;
        return written.Status == Errno.None ? written.Value : null;
    }

    private async Task ReadScratchAsync(InodeId file, ulong? value)
    {
        var read = await ReadAsync((file, _scratchBlock));
        if (read.Status != Errno.None || (value is { } wanted && read.Value != wanted))
            world.Fail($"an open file does not have what was written to it, {value:x}: {read}");
    }

    private int _scratchBlock;
}
