using SealFs.Client.Mounting;

namespace SealFs.Client.Mountd;

/// <summary>Which of several mountds on a machine is the active one: flock(2) on a file that they share. It ends with its holder, however that dies.</summary>
internal sealed class DaemonLock : IDisposable
{
    private const int O_CREAT_RDWR = 0x42;
    private const int LOCK_EX_NB = 6;

    private readonly int _descriptor;

    private DaemonLock(int descriptor) => _descriptor = descriptor;

    /// <summary>Null while another process has it.</summary>
    public static DaemonLock? TryTake(string path)
    {
        var descriptor = Native.Check(Native.open(path, O_CREAT_RDWR | Native.O_CLOEXEC, 0x180), $"opening {path}");
        if (Native.flock(descriptor, LOCK_EX_NB) == 0)
            return new DaemonLock(descriptor);
        _ = Native.close(descriptor);
        return null;
    }

    public void Dispose() => _ = Native.close(_descriptor);
}
