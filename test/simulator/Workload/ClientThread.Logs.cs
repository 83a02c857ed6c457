using SealFs.Core;
using SealFs.Core.Wire;

namespace SealFs.Simulator.Workload;

/// <content>
/// Files that grow record by record, as the log of a database does, for which servers lay out room ahead: every record that was acknowledged is there, whatever dies
/// meanwhile.
/// </content>
internal sealed partial class ClientThread
{
    private const int MostRecords = 24;

    /// <summary>Behind what is kept beside the inode, and in the first chunk: there the size comes with the record, so that a client that dies leaves no chunk behind the end.</summary>
    private const ulong LogStart = 12 * 1024;

    private static readonly TimeSpan s_longestRecordPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Long enough that the room is given back.</summary>
    private static readonly TimeSpan s_longestLogPause = TimeSpan.FromSeconds(5);

    private async Task KeepLogAsync(InodeId directory)
    {
        var name = $"{Namespace.ScratchPrefix}log{slot}.{++_lastScratch}";
        if (await MakeScratchAsync(directory, name) is not { } file)
            return;
        var records = new List<ulong>();
        for (var number = 0; number < MostRecords; number++)
        {
            var value = ((ulong)history.NextIndex << 16) + (ulong)number + 1;
            var status = await _files.WriteAsync(file, LogStart + (ulong)(records.Count * FileOperations.BlockBytes), value);
            if (status == Errno.None)
                records.Add(value);
            else if (status != Errno.ENOSPC)
                world.Fail($"a record of the log {file} was refused: {status}");
            await Task.Delay(world.Between(TimeSpan.Zero, world.Chance(0.05) ? s_longestLogPause : s_longestRecordPause), client.Process.Clock);
        }

        await CheckLogAsync(file, records);
        await RemoveAsync(OperationKind.Unlink, directory, name);
        client.OpenFiles.Close(file);
    }

    private async Task CheckLogAsync(InodeId file, List<ulong> records)
    {
        for (var number = 0; number < records.Count; number++)
        {
            var place = LogStart + (ulong)(number * FileOperations.BlockBytes);
            var (status, value, isTorn) = await _files.ReadAsync(file, place);

            // Bytes that only the record has after a loss of power go into the file first, and its disk may be full just then.
            while (status == Errno.ENOSPC)
            {
                await Task.Delay(s_longestRecordPause, client.Process.Clock);
                (status, value, isTorn) = await _files.ReadAsync(file, place);
            }

            if (status != Errno.None || isTorn || value != records[number])
                world.Fail($"record {number} of the log {file} should be {records[number]:x} and is {value:x}, {status}");
        }
    }
}
