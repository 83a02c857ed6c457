using System.Runtime.InteropServices;
using System.Text;
using SealFs.Core;

namespace SealFs.StorageNode.Chunks;

/// <summary>
/// The <c>file</c> engine: every chunk is a sparse file on a local file system. Bytes go straight between the caller's native memory and the
/// page cache.
/// </summary>
public sealed unsafe partial class FileChunkStore : IChunkStore
{
    private const int ENOENT = 2;
    private const int ENOMEM = 12;
    private const int EEXIST = 17;
    private const int EMFILE = 24;
    private const int ENOSPC = 28;
    private const int EDQUOT = 122;
    private const int ENOTSUP = 95;

    private readonly string _directory;
    private readonly IChunkDevice _device;
    private readonly ChunkHandleCache _handles;
    private readonly byte* _root;
    private readonly int _rootLength;
    private readonly int _rootDescriptor;

    public FileChunkStore(string directory, IChunkDevice? device = null, int openHandles = ChunkLimits.OpenHandles)
    {
        _directory = Path.GetFullPath(directory);
        Directory.CreateDirectory(_directory);
        _device = device ?? LinuxChunkDevice.Instance;
        _handles = new ChunkHandleCache(_device, openHandles);
        var root = Encoding.UTF8.GetBytes(_directory);
        _rootLength = root.Length;
        _root = (byte*)NativeMemory.AllocZeroed((nuint)root.Length + 1);
        root.CopyTo(new Span<byte>(_root, root.Length));

        // Only syncfs(2) is asked of this descriptor, for which a marker file serves as well as a directory and can be opened like a chunk.
        var marker = Encoding.UTF8.GetBytes(Path.Combine(_directory, "chunks") + "\0");
        fixed (byte* path = marker)
            _rootDescriptor = _device.Open(path, create: true);
        if (_rootDescriptor < 0)
            throw new IOException($"cannot write to the data directory {_directory}: error {-_rootDescriptor}");
        TidySetAside();
    }

    /// <summary>Chunk files held open.</summary>
    public int OpenHandles => _handles.Count;

    public Errno Read(in ChunkKey key, uint offsetBytes, byte* target, uint lengthBytes)
    {
        var error = Acquire(key, create: false, out var handle);
        if (handle is null)
        {
            new Span<byte>(target, (int)lengthBytes).Clear();
            return error == Errno.ENOENT ? Errno.None : error;
        }

        error = ReadAll(handle.Descriptor, offsetBytes, target, lengthBytes);
        _handles.Release(handle);
        return error;
    }

    public Errno ReadNow(in ChunkKey key, uint offsetBytes, byte* target, uint lengthBytes)
    {
        var handle = _handles.TryGet(key);
        if (handle is null)
            return Errno.EAGAIN;
        var result = _device.ReadNow(handle.Descriptor, target, lengthBytes, offsetBytes);
        _handles.Release(handle);

        // Fewer bytes: the rest is behind the end, or not in memory. Either way the ordinary read knows.
        return result == (nint)lengthBytes ? Errno.None : Errno.EAGAIN;
    }

    public Errno Write(in ChunkKey key, uint offsetBytes, byte* source, uint lengthBytes)
    {
        var error = Acquire(key, create: true, out var handle);
        if (handle is null)
            return error;
        error = WriteAll(handle.Descriptor, offsetBytes, source, lengthBytes);
        _handles.Release(handle);
        return error;
    }

    public Errno Allocate(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
        var error = Acquire(key, create: true, out var handle);
        if (handle is null)
            return error;
        var result = _device.Allocate(handle.Descriptor, offsetBytes, lengthBytes);
        _handles.Release(handle);

        // A file system that cannot reserve room still reads zeros there, which is all that is promised.
        return result == -ENOTSUP ? Errno.None : ToErrno(result);
    }

    public Errno Punch(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
        var error = Acquire(key, create: false, out var handle);
        if (handle is null)
            return error == Errno.ENOENT ? Errno.None : error;
        var result = _device.Punch(handle.Descriptor, offsetBytes, lengthBytes);
        error = result == -ENOTSUP ? WriteZeros(handle.Descriptor, offsetBytes, lengthBytes) : ToErrno(result);
        _handles.Release(handle);
        return error;
    }

    public Errno Truncate(in ChunkKey key, uint lengthBytes)
    {
        var error = Acquire(key, create: false, out var handle);
        if (handle is null)
            return error == Errno.ENOENT ? Errno.None : error;
        error = ToErrno(_device.Truncate(handle.Descriptor, lengthBytes));
        _handles.Release(handle);
        return error;
    }

    public Errno GetLength(in ChunkKey key, out ulong lengthBytes)
    {
        lengthBytes = 0;
        var error = Acquire(key, create: false, out var handle);
        if (handle is null)
            return error == Errno.ENOENT ? Errno.None : error;
        var result = _device.GetLength(handle.Descriptor);
        _handles.Release(handle);
        lengthBytes = result < 0 ? 0 : (ulong)result;
        return ToErrno((int)Math.Min(result, 0));
    }

    public void StartWriteback(in ChunkKey key, uint offsetBytes, uint lengthBytes)
    {
        // A file that was closed meanwhile is not opened for this: the kernel writes it in its own time.
        if (_handles.TryGet(key) is not { } handle)
            return;
        _device.StartWriteback(handle.Descriptor, offsetBytes, lengthBytes);
        _handles.Release(handle);
    }

    public Errno Sync(in ChunkKey key)
    {
        var error = Acquire(key, create: false, out var handle);
        if (handle is null)
            return error == Errno.ENOENT ? Errno.None : Errno.EIO;
        var result = _device.SyncData(handle.Descriptor);
        _handles.Release(handle);
        return ToErrno(result);
    }

    public Errno SyncAll() => ToErrno(_device.SyncFileSystem(_rootDescriptor));

    public Errno Probe()
    {
        // The marker has these bytes from its first probe on: a full disk is no failure.
        var bytes = 0UL;
        var result = _device.Write(_rootDescriptor, (byte*)&bytes, sizeof(ulong), 0);
        if (result >= 0)
            result = _device.SyncData(_rootDescriptor);
        return ToErrno((int)result) == Errno.EIO ? Errno.EIO : Errno.None;
    }

    public Errno GetSpace(out StoreSpace space)
    {
        try
        {
            var drive = new DriveInfo(_directory);
            space = new((ulong)drive.TotalSize, (ulong)drive.AvailableFreeSpace);
            return Errno.None;
        }
        catch (IOException)
        {
            space = default;
            return Errno.EIO;
        }
    }

    public void Dispose()
    {
        _handles.DropAll();
        _device.Close(_rootDescriptor);
        NativeMemory.Free(_root);
    }

    private Errno ReadAll(int descriptor, uint offset, byte* target, uint length)
    {
        while (length > 0)
        {
            var result = _device.Read(descriptor, target, length, offset);
            if (result < 0)
                return result == -ENOMEM ? Errno.ENOMEM : ToErrno((int)result);
            if (result == 0)
            {
                new Span<byte>(target, (int)length).Clear();
                return Errno.None;
            }

            target += result;
            offset += (uint)result;
            length -= (uint)result;
        }

        return Errno.None;
    }

    private Errno WriteAll(int descriptor, uint offset, byte* source, uint length)
    {
        while (length > 0)
        {
            var result = _device.Write(descriptor, source, length, offset);
            if (result <= 0)
                return result == 0 ? Errno.EIO : ToErrno((int)result);
            source += result;
            offset += (uint)result;
            length -= (uint)result;
        }

        return Errno.None;
    }

    private Errno WriteZeros(int descriptor, uint offset, uint length)
    {
        // Not behind the end: bytes there are zeros already and the file must not grow.
        var end = _device.GetLength(descriptor);
        if (end <= offset)
            return Errno.None;
        length = (uint)Math.Min(length, end - offset);
        var zeros = (byte*)NativeMemory.AllocZeroed(length);
        var error = WriteAll(descriptor, offset, zeros, length);
        NativeMemory.Free(zeros);
        return error;
    }

    /// <summary>Whatever a disk says that is not "full" is an input/output error to those above.</summary>
    private static Errno ToErrno(int result) => result switch
    {
        >= 0 => Errno.None,
        -ENOENT => Errno.ENOENT,
        -ENOSPC or -EDQUOT => Errno.ENOSPC,
        _ => Errno.EIO,
    };
}
