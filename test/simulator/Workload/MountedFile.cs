using System.Runtime.InteropServices;
using SealFs.Core;
using SealFs.Fuse.Abi;
using SealFs.Simulator.Checking;
using SealFs.Simulator.Mounts;

namespace SealFs.Simulator.Workload;

/// <summary>An open file of a mount: what is asked of it, and what its answers promise.</summary>
internal sealed class MountedFile
{
    private const uint ReadWrite = 2;
    private const uint O_DSYNC = 0x1000;
    private const uint O_SYNC = 0x101000;

    private readonly OpenHandles _open;
    private readonly SimulatedMount _mount;
    private readonly FilePromises _promises;
    private readonly ulong _handle;
    private readonly uint _flags;
    private readonly int _number;
    private readonly long _openedAt;

    /// <summary>Begin of the last sync that succeeded.</summary>
    private long _cleanAt;
    private long _toldAt;
    private long _owesSince;

    private MountedFile(OpenHandles open, WrittenFile file, ulong handle, uint flags)
    {
        _open = open;
        _mount = open.Mount;
        _promises = open.Promises;
        File = file;
        _handle = handle;
        _flags = flags;
        _number = open.NextNumber();
        _openedAt = _promises.Tick();
    }

    public WrittenFile File { get; }

    private bool IsSynchronous => (_flags & O_DSYNC) != 0;

    /// <summary>Null when it could not be opened.</summary>
    public static async Task<MountedFile?> OpenAsync(OpenHandles open, WrittenFile file, bool isSynchronous, bool isDataOnly)
    {
        var flags = ReadWrite | (!isSynchronous ? 0 : isDataOnly ? O_DSYNC : O_SYNC);
        var (status, payload) = await open.Mount.CallAsync(FuseOpcode.FUSE_OPEN, file.Inode, Bytes(new fuse_open_in { flags = flags }));
        if (status != Errno.None)
        {
            open.Explain(status, $"opening {file.Name}");
            return null;
        }

        var handle = open.Mount.Mistakes.HandleFor(file.Inode.Value, MemoryMarshal.Read<fuse_open_out>(payload).fh);
        var opened = new MountedFile(open, file, handle, flags);
        open.Add(opened);
        open.Note($"opens {file.Name} as {opened._number}{(isSynchronous ? ", synchronous" : "")}");
        return opened;
    }

    public async Task<Errno> WriteAsync(int cell, ulong value)
    {
        var change = File.Write(cell, value, _open.Client);
        var isSynchronous = IsSynchronous && !_mount.Mistakes.Has(Mistakes.IgnoreSyncFlag);
        var input = new fuse_write_in { fh = _handle, offset = WrittenFile.OffsetOf(cell), size = WrittenFile.CellBytes, flags = isSynchronous ? _flags : ReadWrite };
        var body = new byte[Marshal.SizeOf<fuse_write_in>() + WrittenFile.CellBytes];
        MemoryMarshal.Write(body, input);
        MemoryMarshal.Cast<byte, ulong>(body.AsSpan(Marshal.SizeOf<fuse_write_in>())).Fill(value);
        var (status, _) = await _mount.CallAsync(FuseOpcode.FUSE_WRITE, File.Inode, body);
        if (status != Errno.None)
        {
            File.Failed(_open.Client);
            _open.Explain(status, $"writing to {File.Name}");
            return status;
        }

        change.Acked = _promises.Tick();
        _open.Note($"has written {value:x} to cell {cell} of {File.Name} by {_number}");
        if (IsSynchronous)
            File.SyncedAlone(cell, change);
        return status;
    }

    public async Task<Errno> SyncAsync(bool isDataOnly)
    {
        var begin = _promises.Tick();
        var input = new fuse_fsync_in { fh = _handle, fsync_flags = isDataOnly ? 1u : 0 };
        var (status, _) = await _mount.CallAsync(FuseOpcode.FUSE_FSYNC, File.Inode, Bytes(input));
        _open.Note($"syncs {File.Name} by {_number}: {status}");
        if (status == Errno.None)
        {
            Expect("fsync", begin);
            _cleanAt = begin;
            File.Synced(_open.Client, begin);
        }
        else
        {
            NoteFailure(status, "fsync");
        }

        return status;
    }

    /// <summary>close(2).</summary>
    public async Task<Errno> CloseAsync()
    {
        var begin = _promises.Tick();
        var (status, _) = await _mount.CallAsync(FuseOpcode.FUSE_FLUSH, File.Inode, Bytes(new fuse_flush_in { fh = _handle }));
        _open.Note($"closes {File.Name} by {_number}: {status}");
        if (status == Errno.None)
        {
            Expect("close", begin);
            File.Landed(_open.Client, begin);
        }
        else
        {
            NoteFailure(status, "close");
        }

        _open.Remove(this);
        await _mount.CallAsync(FuseOpcode.FUSE_RELEASE, File.Inode, Bytes(new fuse_release_in { fh = _handle }));
        return status;
    }

    /// <summary>A value of 0 is zeros; null is a file that ends before the cell. Fails the simulation when the cell is of several kinds.</summary>
    public async Task<(Errno Status, ulong? Value)> ReadAsync(int cell)
    {
        var input = new fuse_read_in { fh = _handle, offset = WrittenFile.OffsetOf(cell), size = WrittenFile.CellBytes };
        var (status, payload) = await _mount.CallAsync(FuseOpcode.FUSE_READ, File.Inode, Bytes(input));
        _open.Note($"reads cell {cell} of {File.Name}: {status}, {payload.Length} bytes, {(payload.Length >= 8 ? MemoryMarshal.Read<ulong>(payload) : 0):x}");
        if (status != Errno.None || payload.Length == 0)
            return (status, null);
        var words = MemoryMarshal.Cast<byte, ulong>(payload.AsSpan());
        if (payload.Length != WrittenFile.CellBytes || words.ContainsAnyExcept(words[0]))
            _promises.Fail($"cell {cell} of {File.Name} is torn: {payload.Length} bytes, {words[0]:x} to {words[^1]:x}");
        return (Errno.None, words[0]);
    }

    public async Task<Errno> CutAsync(int firstCell)
    {
        var changes = File.Cut(firstCell, _open.Client);
        var input = new fuse_setattr_in { valid = FuseSetAttrValid.FATTR_SIZE, size = WrittenFile.OffsetOf(firstCell), fh = _handle };
        var (status, _) = await _mount.CallAsync(FuseOpcode.FUSE_SETATTR, File.Inode, Bytes(input));
        _open.Note($"cuts {File.Name} before cell {firstCell}: {status}");
        if (status != Errno.None)
        {
            _open.Explain(status, $"cutting {File.Name}");
            return status;
        }

        foreach (var change in changes)
            change.Acked = change.Landed = _promises.Tick();
        return status;
    }

    private static byte[] Bytes<T>(in T input)
        where T : unmanaged
    {
        var bytes = new byte[Marshal.SizeOf<T>()];
        MemoryMarshal.Write(bytes, in input);
        return bytes;
    }

    /// <summary>
    /// Every other handle that was open when it happened, and has heard of nothing since, has to be told too: it happened after this handle was last told that all was well.
    /// </summary>
    private void NoteFailure(Errno status, string what)
    {
        var now = _toldAt = _promises.Tick();
        _owesSince = 0;
        File.Failed(_open.Client);
        _open.Explain(status, $"{what} of {File.Name}");
        foreach (var other in _open.Others(this))
        {
            if (other._openedAt < _cleanAt && other._toldAt < _cleanAt && other._owesSince == 0)
                other._owesSince = now;
        }
    }

    private void Expect(string what, long begin)
    {
        if (_owesSince != 0 && _owesSince < begin)
            _promises.Fail($"{what} of {File.Name} by {_open.Client} succeeded, though another handle was told of a failure that this one was never told of");
        _owesSince = 0;
    }
}
