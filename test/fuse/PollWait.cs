using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace SealFs.Fuse.Tests;

/// <summary>A worker's wait over poll(2), whose other work is a queue of actions: what a client does with sockets, without the sockets.</summary>
internal sealed unsafe partial class PollWait : IFuseWait, IDisposable
{
    private const short POLLIN = 1;
    private readonly int _wake = Native.eventfd(0, 0x800);
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly List<Action> _sends = [];
    private int _descriptor = -1;

    public int Flushes { get; private set; }

    public int Detaches { get; private set; }

    public int RoomWaits { get; private set; }

    /// <summary>Thread that attached.</summary>
    public int ThreadId { get; private set; }

    /// <summary>From any thread: to be done on the worker's.</summary>
    public void Post(Action action)
    {
        _work.Enqueue(action);
        ulong one = 1;
        _ = Native.write(_wake, &one, sizeof(ulong));
    }

    /// <summary>From a handler: done at the next flush, on this thread.</summary>
    public void Send(Action action) => _sends.Add(action);

    public void Attach(int descriptor)
    {
        ThreadId = Environment.CurrentManagedThreadId;
        _descriptor = descriptor;
    }

    public bool Wait() => Poll(_descriptor, -1);

    public void WaitForRoom(TimeSpan atMost)
    {
        RoomWaits++;
        Poll(-1, (int)atMost.TotalMilliseconds);
    }

    public void Flush()
    {
        Flushes++;
        foreach (var send in _sends) send();
        _sends.Clear();
    }

    public void Detach(int descriptor) => Detaches++;

    public void Dispose() => _ = Native.close(_wake);

    private bool Poll(int descriptor, int timeoutMs)
    {
        var polled = stackalloc PollDescriptor[2];
        polled[0] = new PollDescriptor { Descriptor = descriptor, Events = POLLIN };
        polled[1] = new PollDescriptor { Descriptor = _wake, Events = POLLIN };
        if (Native.poll(polled, 2, timeoutMs) <= 0) return false;
        if (polled[1].Returned != 0)
        {
            ulong count;
            _ = Native.read(_wake, &count, sizeof(ulong));
            while (_work.TryDequeue(out var action)) action();
        }
        return polled[0].Returned != 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private static partial class Native
    {
        [LibraryImport("libc")]
        public static partial int eventfd(uint initial, int flags);

        [LibraryImport("libc")]
        public static partial int poll(PollDescriptor* descriptors, ulong count, int timeoutMs);

        [LibraryImport("libc")]
        public static partial nint read(int fd, void* buffer, nint count);

        [LibraryImport("libc")]
        public static partial nint write(int fd, void* buffer, nint count);

        [LibraryImport("libc")]
        public static partial int close(int fd);
    }
}
