using System.Runtime.InteropServices;
using SealFs.Fuse.Native;

namespace SealFs.Fuse;

/// <summary>Hands descriptors to another process over a Unix socket (SCM_RIGHTS): how fusermount3 gives us its own, and a daemon gives way to its successor.</summary>
public static unsafe class DescriptorPassing
{
    /// <summary>Descriptors in one message at most (the kernel allows 253).</summary>
    public const int MaxDescriptors = 253;

    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;

    /// <summary>Sends the descriptors with one byte of data. The sender keeps its own copies.</summary>
    public static void Send(int socket, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        var controlLength = sizeof(ControlHeader) + descriptors.Length * sizeof(int);
        var control = stackalloc byte[controlLength + sizeof(ulong)];
        *(ControlHeader*)control = new ControlHeader { Length = (nuint)controlLength, Level = SOL_SOCKET, Type = SCM_RIGHTS };
        descriptors.CopyTo(new Span<int>(control + sizeof(ControlHeader), descriptors.Length));
        byte marker = 1;
        var segment = new FuseSegment(&marker, 1);
        var message = new MessageHeader { Segments = &segment, SegmentCount = 1, Control = control, ControlLength = (nuint)controlLength };
        while (Libc.sendmsg(socket, &message, 0) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != FuseErrno.EINTR) throw new FuseException("sendmsg", errno);
        }
    }

    /// <summary>Receives descriptors (closed-on-exec) and returns how many came; 0 when the other side closed.</summary>
    public static int Receive(int socket, Span<int> descriptors)
    {
        var controlCapacity = sizeof(ControlHeader) + descriptors.Length * sizeof(int) + sizeof(ulong);
        var control = stackalloc byte[controlCapacity];
        byte marker = 0;
        var segment = new FuseSegment(&marker, 1);
        var message = new MessageHeader { Segments = &segment, SegmentCount = 1, Control = control, ControlLength = (nuint)controlCapacity };
        nint length;
        while ((length = Libc.recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != FuseErrno.EINTR) throw new FuseException("recvmsg", errno);
        }
        if (length == 0 || message.ControlLength < (nuint)sizeof(ControlHeader)) return 0;
        var header = (ControlHeader*)control;
        if (header->Level != SOL_SOCKET || header->Type != SCM_RIGHTS) return 0;
        var count = Math.Min(((int)header->Length - sizeof(ControlHeader)) / sizeof(int), descriptors.Length);
        new Span<int>(control + sizeof(ControlHeader), count).CopyTo(descriptors);
        return count;
    }
}
