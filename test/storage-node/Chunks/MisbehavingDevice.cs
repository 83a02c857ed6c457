using System.Runtime.InteropServices;
using SealFs.StorageNode.Chunks;

namespace SealFs.StorageNode.Tests.Chunks;

/// <summary>The real disk, but it can be short, full or broken on request.</summary>
public sealed unsafe class MisbehavingDevice : IChunkDevice
{
    private readonly LinuxChunkDevice _device = LinuxChunkDevice.Instance;
    private int _marker = -1;

    /// <summary>No read or write moves more bytes than this at once.</summary>
    public uint MostBytes { get; set; } = uint.MaxValue;

    /// <summary>Bytes that can still be written before writes answer <see cref="WriteError"/>.</summary>
    public long WritableBytes { get; set; } = long.MaxValue;

    public int WriteError { get; set; } = 28;

    public int ReadError { get; set; }

    /// <summary>Of files with chunks. The marker, by which the disk as a whole is probed, can be synced.</summary>
    public int SyncError { get; set; }

    /// <summary>Of everything that is synced.</summary>
    public int DiskError { get; set; }

    /// <summary>Of syncfs(2) alone.</summary>
    public int SyncAllError { get; set; }

    public int AllocateError { get; set; }

    /// <summary>Remembers what the disk has for certain.</summary>
    public VolatileFiles? Files { get; set; }

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public int ReadCalls { get; private set; }

    public int Syncs { get; private set; }

    /// <summary>Runs before a sync reaches the disk.</summary>
    public Action? BeforeSync { get; set; }

    /// <summary>Runs before bytes reach the disk.</summary>
    public Action? BeforeWrite { get; set; }

    public int Open(byte* path, bool create)
    {
        Opened++;
        var descriptor = _device.Open(path, create);
        if (Marshal.PtrToStringUTF8((nint)path)!.EndsWith("/chunks", StringComparison.Ordinal))
            _marker = descriptor;
        Files?.Opened(path, descriptor);
        return descriptor;
    }

    public void Close(int descriptor)
    {
        Closed++;
        _device.Close(descriptor);
    }

    public nint Read(int descriptor, byte* target, nuint lengthBytes, long offsetBytes)
    {
        ReadCalls++;
        return ReadError != 0 ? -ReadError : _device.Read(descriptor, target, Math.Min(lengthBytes, MostBytes), offsetBytes);
    }

    /// <summary>Nothing is in memory: reads that may not wait answer EAGAIN.</summary>
    public bool Cold { get; set; }

    public nint ReadNow(int descriptor, byte* target, nuint lengthBytes, long offsetBytes) =>
        Cold || ReadError != 0 || MostBytes < lengthBytes ? -11 : _device.ReadNow(descriptor, target, lengthBytes, offsetBytes);

    public nint Write(int descriptor, byte* source, nuint lengthBytes, long offsetBytes)
    {
        BeforeWrite?.Invoke();
        if (WritableBytes <= 0)
            return -WriteError;
        var bytes = (nuint)Math.Min((long)Math.Min(lengthBytes, MostBytes), WritableBytes);
        if (WritableBytes != long.MaxValue)
            WritableBytes -= (long)bytes;
        return _device.Write(descriptor, source, bytes, offsetBytes);
    }

    public int Allocate(int descriptor, long offsetBytes, long lengthBytes) =>
        AllocateError != 0 ? -AllocateError : _device.Allocate(descriptor, offsetBytes, lengthBytes);

    public int Punch(int descriptor, long offsetBytes, long lengthBytes) => _device.Punch(descriptor, offsetBytes, lengthBytes);

    public int Truncate(int descriptor, long lengthBytes) => _device.Truncate(descriptor, lengthBytes);

    public long GetLength(int descriptor) => _device.GetLength(descriptor);

    public int Writebacks { get; private set; }

    public int StartWriteback(int descriptor, long offsetBytes, long lengthBytes)
    {
        Writebacks++;
        return _device.StartWriteback(descriptor, offsetBytes, lengthBytes);
    }

    public int SyncData(int descriptor)
    {
        Syncs++;
        BeforeSync?.Invoke();
        if (DiskError != 0)
            return -DiskError;
        if (SyncError != 0 && descriptor != _marker)
            return -SyncError;
        Files?.Synced(descriptor);
        return _device.SyncData(descriptor);
    }

    public int SyncFileSystem(int descriptor)
    {
        var error = SyncError != 0 ? SyncError : DiskError != 0 ? DiskError : SyncAllError;
        return error != 0 ? -error : _device.SyncFileSystem(descriptor);
    }

    public int Unlink(byte* path) => _device.Unlink(path);

    public int MakeDirectory(byte* path) => _device.MakeDirectory(path);

    public int RemoveDirectory(byte* path) => _device.RemoveDirectory(path);
}
