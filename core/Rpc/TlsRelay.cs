using System.ComponentModel;
using System.Net.Security;
using System.Net.Sockets;

namespace SealFs.Core.Rpc;

/// <summary>
/// Carries one connection between the network, where it is encrypted, and a pair of local sockets, of which the event loops and receivers use one end as they use any socket. So everything
/// that was made for the least latency stays as it is; an encrypted connection pays for the way through the pair.
/// </summary>
internal static class TlsRelay
{
    private const int AF_UNIX = 1;

    /// <summary>TLS records have up to 16 KiB; several are taken at once from a fast sender.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>Relays until either side ends; both belong to the relay from here on. Returns the descriptor of the near end, which belongs to the caller.</summary>
    public static unsafe int Start(SslStream secured)
    {
        var pair = stackalloc int[2];
        if (Libc.socketpair(AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) != 0)
            throw new IOException($"no pair of sockets: {new Win32Exception(Libc.LastErrno).Message}");
        _ = RunAsync(secured, StreamOf(pair[1]));
        return pair[0];
    }

    /// <summary>Wraps a connected descriptor, which belongs to the stream from here on.</summary>
    public static NetworkStream StreamOf(int descriptor)
    {
        // A stream wants a blocking socket, and makes it what it needs by itself.
        var flags = Libc.fcntl(descriptor, Libc.F_GETFL, 0);
        _ = Libc.fcntl(descriptor, Libc.F_SETFL, flags & ~Libc.O_NONBLOCK);
        return new NetworkStream(new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)), ownsSocket: true);
    }

    private static async Task RunAsync(SslStream secured, NetworkStream near)
    {
        // What was sent before a side was closed is delivered before its end is seen.
        var outward = CopyAsync(near, secured);
        var inward = CopyAsync(secured, near);
        await Task.WhenAny(outward, inward).ConfigureAwait(false);
        await near.DisposeAsync().ConfigureAwait(false);
        await secured.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(outward, inward).ConfigureAwait(false);
    }

    private static async Task CopyAsync(Stream source, Stream target)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        try
        {
            while (await source.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var bytes)
                await target.WriteAsync(buffer.AsMemory(0, bytes)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // A side is gone: the other one is told by the end of the relay.
        }
    }
}
