using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SealFs.Core.Rpc;

/// <summary>
/// An epoll instance and its event array. struct epoll_event is packed to 12 bytes on x86-64 alone, so it is laid out by hand. Every
/// instance also watches an eventfd, through which other threads wake the waiting one.
/// </summary>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>Token of the wake-up event; no registered descriptor may use it.</summary>
    public const ulong WakeToken = ulong.MaxValue;

    private const int Capacity = 256;

    private static readonly int s_stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int s_dataOffset = s_stride - 8;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte* _events;

    public Epoll()
    {
        _epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        _wake = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_epoll < 0 || _wake < 0)
            throw new Win32Exception(Libc.LastErrno);
        _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * s_stride));
        Control(Libc.EPOLL_CTL_ADD, _wake, Libc.EPOLLIN, WakeToken);
    }

    /// <summary>Itself watchable by another epoll.</summary>
    public int Descriptor => _epoll;

    /// <summary>Returns false when the kernel refuses (the descriptor is gone, or out of memory).</summary>
    public bool Control(int operation, int descriptor, uint interest, ulong token)
    {
        var request = stackalloc byte[16];
        *(uint*)request = interest;
        *(ulong*)(request + s_dataOffset) = token;
        return Libc.epoll_ctl(_epoll, operation, descriptor, request) == 0;
    }

    /// <summary>Waits for events; a signal counts as none.</summary>
    public int Wait(int timeoutMs) => Math.Max(0, Libc.epoll_wait(_epoll, _events, Capacity, timeoutMs));

    public uint Events(int index) => *(uint*)(_events + (index * s_stride));

    public ulong Token(int index) => *(ulong*)(_events + (index * s_stride) + s_dataOffset);

    public void Wake()
    {
        ulong one = 1;
        _ = Libc.write(_wake, &one, sizeof(ulong));
    }

    public void ClearWake()
    {
        ulong count;
        _ = Libc.read(_wake, &count, sizeof(ulong));
    }

    public void Dispose()
    {
        _ = Libc.close(_wake);
        _ = Libc.close(_epoll);
        NativeMemory.Free(_events);
    }
}
