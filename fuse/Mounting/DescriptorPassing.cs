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
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CTRUNC = 8;

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

    /// <summary>
    /// Sends bytes on a stream socket, and descriptors beside the first of them: they arrive with the read that takes that byte. The sender keeps its own copies.
    /// </summary>
    /// <exception cref="FuseException">EAGAIN: the other side took nothing within the socket's time limit; EPIPE: it is gone.</exception>
    public static void SendMessage(int socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        var controlLength = descriptors.Length == 0 ? 0 : sizeof(ControlHeader) + descriptors.Length * sizeof(int);
        var control = stackalloc byte[controlLength + sizeof(ulong)];
        if (controlLength > 0)
        {
            *(ControlHeader*)control = new ControlHeader { Length = (nuint)controlLength, Level = SOL_SOCKET, Type = SCM_RIGHTS };
            descriptors.CopyTo(new Span<int>(control + sizeof(ControlHeader), descriptors.Length));
        }
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length;)
            {
                var segment = new FuseSegment(start + done, bytes.Length - done);
                var message = new MessageHeader { Segments = &segment, SegmentCount = 1 };
                if (done == 0 && controlLength > 0)
                {
                    message.Control = control;
                    message.ControlLength = (nuint)controlLength;
                }
                var sent = Libc.sendmsg(socket, &message, MSG_NOSIGNAL);
                if (sent >= 0)
                    done += (int)sent;
                else if (Marshal.GetLastPInvokeError() is not FuseErrno.EINTR and var errno)
                    throw new FuseException("sendmsg", errno);
            }
        }
    }

    /// <summary>Receives some bytes, 0 at the end of the stream, and adds the descriptors that came beside them (closed-on-exec).</summary>
    /// <exception cref="FuseException">The socket failed, or more descriptors came than one message may bring.</exception>
    public static int ReceiveMessage(int socket, Span<byte> bytes, List<int> descriptors)
    {
        const int capacity = 32 + MaxDescriptors * sizeof(int);
        var control = stackalloc byte[capacity];
        fixed (byte* start = bytes)
        {
            var segment = new FuseSegment(start, bytes.Length);
            var message = new MessageHeader { Segments = &segment, SegmentCount = 1, Control = control, ControlLength = capacity };
            nint length;
            while ((length = Libc.recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != FuseErrno.EINTR) throw new FuseException("recvmsg", errno);
                message.ControlLength = capacity;
            }
            if (message.ControlLength >= (nuint)sizeof(ControlHeader) && (ControlHeader*)control is var header && header->Level == SOL_SOCKET && header->Type == SCM_RIGHTS)
                descriptors.AddRange(new ReadOnlySpan<int>(control + sizeof(ControlHeader), ((int)header->Length - sizeof(ControlHeader)) / sizeof(int)));
            return (message.Flags & MSG_CTRUNC) == 0 ? (int)length : throw new FuseException("recvmsg: too many descriptors", FuseErrno.EIO);
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
