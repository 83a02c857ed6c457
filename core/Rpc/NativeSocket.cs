using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace SealFs.Core.Rpc;

/// <summary>
/// Opens and sets up sockets by system call: a descriptor that System.Net.Sockets knows is also watched by its own event loop, which
/// would wake a thread for every answer.
/// </summary>
internal static unsafe class NativeSocket
{
    private const int AF_UNIX = 1;
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int PollSliceMs = 50;

    /// <summary>Connects within the time given; returns 0 and a blocking descriptor, or the errno.</summary>
    public static int Connect(EndPoint address, TimeSpan time, CancellationToken stop, out int descriptor)
    {
        descriptor = Libc.socket(Domain(address), Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (descriptor < 0)
            return Libc.LastErrno;

        var native = address.Serialize();
        int result;
        fixed (byte* bytes = native.Buffer.Span)
            result = Libc.connect(descriptor, bytes, (uint)native.Size);
        var error = result == 0 ? 0 : Libc.LastErrno;
        if (error is Libc.EINPROGRESS or Libc.EINTR)
            error = AwaitConnect(descriptor, (int)time.TotalMilliseconds, stop);
        if (error == 0)
        {
            // Sends carry MSG_DONTWAIT; only recv may block.
            var flags = Libc.fcntl(descriptor, Libc.F_GETFL, 0);
            _ = Libc.fcntl(descriptor, Libc.F_SETFL, flags & ~Libc.O_NONBLOCK);
            SetPeerOptions(descriptor, address is not UnixDomainSocketEndPoint);
            return 0;
        }

        _ = Libc.close(descriptor);
        descriptor = -1;
        return error;
    }

    /// <summary>A listening, non-blocking descriptor. Throws when the address cannot be had.</summary>
    public static int Listen(EndPoint address, int backlog)
    {
        var descriptor = Libc.socket(Domain(address), Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (descriptor < 0)
            throw new Win32Exception(Libc.LastErrno);

        var one = 1;
        _ = Libc.setsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, &one, sizeof(int));
        var native = address.Serialize();
        int result;
        fixed (byte* bytes = native.Buffer.Span)
            result = Libc.bind(descriptor, bytes, (uint)native.Size);
        if (result == 0)
            result = Libc.listen(descriptor, backlog);
        if (result == 0)
            return descriptor;

        var error = new Win32Exception(Libc.LastErrno);
        _ = Libc.close(descriptor);
        throw new IOException($"cannot listen on {address}: {error.Message}", error);
    }

    /// <summary>The address a listening descriptor was given (the port, where 0 was asked for).</summary>
    public static EndPoint LocalAddress(int descriptor, EndPoint asked)
    {
        if (asked is not IPEndPoint)
            return asked;
        var native = asked.Serialize();
        var length = (uint)native.Size;
        fixed (byte* bytes = native.Buffer.Span)
        {
            if (Libc.getsockname(descriptor, bytes, &length) != 0)
                throw new Win32Exception(Libc.LastErrno);
        }

        return asked.Create(native);
    }

    /// <summary>Accepts one connection, non-blocking; -1 when none is there (the errno is in the P/Invoke slot).</summary>
    public static int Accept(int listener, EndPoint local, out EndPoint peer)
    {
        var native = new SocketAddress(local.AddressFamily, 128);
        var length = 128u;
        int descriptor;
        fixed (byte* bytes = native.Buffer.Span)
            descriptor = Libc.accept4(listener, bytes, &length, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
        peer = local;
        if (descriptor < 0)
            return -1;

        if (local is IPEndPoint)
        {
            native.Size = (int)length;
            peer = local.Create(native);
        }

        SetPeerOptions(descriptor, local is IPEndPoint);
        return descriptor;
    }

    public static void SetReceiveTimeout(int descriptor, TimeSpan time)
    {
        var value = stackalloc long[2];
        value[0] = (long)time.TotalSeconds;
        value[1] = time.Microseconds + (time.Milliseconds * 1000L);
        _ = Libc.setsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, value, 16);
    }

    private static int AwaitConnect(int descriptor, int timeMs, CancellationToken stop)
    {
        for (var waitedMs = 0; waitedMs < timeMs && !stop.IsCancellationRequested; waitedMs += PollSliceMs)
        {
            var poll = new Libc.PollDescriptor { Descriptor = descriptor, Events = Libc.POLLOUT };
            if (Libc.poll(&poll, 1, PollSliceMs) <= 0)
                continue;
            int error;
            uint length = sizeof(int);
            return Libc.getsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) == 0 ? error : Libc.LastErrno;
        }

        return (int)Errno.ETIMEDOUT;
    }

    private static void SetPeerOptions(int descriptor, bool tcp)
    {
        if (!tcp)
            return;
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        Set(descriptor, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, (int)RpcLimits.PeerSilence.TotalSeconds / 2);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, 3);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, 3);
        Set(descriptor, Libc.IPPROTO_TCP, Libc.TCP_USER_TIMEOUT, (int)RpcLimits.PeerSilence.TotalMilliseconds);
    }

    private static void Set(int descriptor, int level, int name, int value) =>
        _ = Libc.setsockopt(descriptor, level, name, &value, sizeof(int));

    private static int Domain(EndPoint address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => AF_INET,
        AddressFamily.InterNetworkV6 => AF_INET6,
        AddressFamily.Unix => AF_UNIX,
        _ => throw new ArgumentException($"cannot use an address of family {address.AddressFamily}", nameof(address)),
    };
}
