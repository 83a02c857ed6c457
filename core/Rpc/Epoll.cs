using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SealFs.Core.Rpc;

/// <summary>
/// An epoll instance and its event array. struct epoll_event is packed to 12 bytes on x86-64 alone, so it is laid out by hand. Every
/// instance also watches an eventfd, through which other threads wake the waiting one. They may come when it is disposed already: an answer that was late
/// outlives its server. The descriptors are then closed by whoever uses them last, and not used afterwards: their numbers may be those of files.
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

    /// <summary>Threads that use the descriptors now, and <see cref="int.MinValue"/> more once it is disposed.</summary>
    private int _users;

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

    /// <summary>Returns false when the kernel refuses (the descriptor is gone, or out of memory), or when this is disposed.</summary>
    public bool Control(int operation, int descriptor, uint interest, ulong token)
    {
        if (!TryUse())
            return false;
        var request = stackalloc byte[16];
        *(uint*)request = interest;
        *(ulong*)(request + s_dataOffset) = token;
        var isDone = Libc.epoll_ctl(_epoll, operation, descriptor, request) == 0;
        EndUse();
        return isDone;
    }

    /// <summary>Waits for events; a signal counts as none. One thread at a time, and not that which disposes.</summary>
    public int Wait(int timeoutMs) => Math.Max(0, Libc.epoll_wait(_epoll, _events, Capacity, timeoutMs));

    public uint Events(int index) => *(uint*)(_events + (index * s_stride));

    public ulong Token(int index) => *(ulong*)(_events + (index * s_stride) + s_dataOffset);

    /// <summary>Nothing happens when this is disposed: nobody waits any more.</summary>
    public void Wake()
    {
        if (!TryUse())
            return;
        ulong one = 1;
        _ = Libc.write(_wake, &one, sizeof(ulong));
        EndUse();
    }

    public void ClearWake()
    {
        ulong count;
        _ = Libc.read(_wake, &count, sizeof(ulong));
    }

    /// <summary>Once, when nobody waits any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Add(ref _users, int.MinValue) == int.MinValue)
            Close();
    }

    private bool TryUse()
    {
        for (var users = Volatile.Read(ref _users); users >= 0;)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
                return true;
            users = seen;
        }

        return false;
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _users) == int.MinValue)
            Close();
    }

    private void Close()
    {
        _ = Libc.close(_wake);
        _ = Libc.close(_epoll);
        NativeMemory.Free(_events);
    }
}
