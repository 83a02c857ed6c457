using System.Net;
using System.Net.Sockets;

namespace SealFs.Core.Tests.Rpc;

/// <summary>Stands between a client and a server and keeps every byte that passes.</summary>
internal sealed class WireTap : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly MemoryStream _seen = new();
    private readonly List<TcpClient> _sockets = [];
    private readonly Task _accepting;

    public WireTap(IPEndPoint server)
    {
        _listener.Start();
        _accepting = AcceptAsync(server);
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    public byte[] Seen()
    {
        lock (_seen)
            return _seen.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        lock (_sockets)
            _sockets.ForEach(socket => socket.Dispose());
    }

    private async Task AcceptAsync(IPEndPoint server)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var onward = new TcpClient();
                await onward.ConnectAsync(server);
                lock (_sockets)
                    _sockets.AddRange([client, onward]);
                _ = CopyAsync(client.GetStream(), onward.GetStream());
                _ = CopyAsync(onward.GetStream(), client.GetStream());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task CopyAsync(NetworkStream source, NetworkStream target)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await source.ReadAsync(buffer) is > 0 and var bytes)
            {
                lock (_seen)
                    _seen.Write(buffer, 0, bytes);
                await target.WriteAsync(buffer.AsMemory(0, bytes));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // One of the two is gone.
        }
    }
}
