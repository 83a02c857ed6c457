using System.Net;
using System.Net.Sockets;

namespace SealFs.Core.Rpc;

/// <summary>A listening socket, and its file when it is a Unix one.</summary>
internal sealed class RpcListener : IDisposable
{
    private const int Backlog = 1024;

    private RpcListener(EndPoint address)
    {
        Descriptor = NativeSocket.Listen(address, Backlog);
        Address = NativeSocket.LocalAddress(Descriptor, address);
    }

    public int Descriptor { get; private set; }

    public EndPoint Address { get; }

    /// <summary>Throws IOException when the address cannot be had.</summary>
    public static RpcListener Tcp(IPEndPoint address) => new(address);

    /// <summary>Replaces a socket file that nobody listens on; throws IOException when somebody does.</summary>
    public static RpcListener Unix(string path)
    {
        var address = new UnixDomainSocketEndPoint(path);
        if (File.Exists(path))
        {
            if (NativeSocket.Connect(address, RpcLimits.ConnectTime, CancellationToken.None, out var descriptor) == 0)
            {
                _ = Libc.close(descriptor);
                throw new IOException($"another server listens on {path}");
            }

            File.Delete(path);
        }

        return new RpcListener(address);
    }

    public void Dispose()
    {
        if (Descriptor < 0)
            return;
        _ = Libc.close(Descriptor);
        Descriptor = -1;
        if (Address is UnixDomainSocketEndPoint unix)
            File.Delete(unix.ToString());
    }
}
