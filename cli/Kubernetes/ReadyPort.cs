using System.Net;
using System.Net.Sockets;
using SealFs.Cli.Settings;

namespace SealFs.Cli.Kubernetes;

/// <summary>
/// A TCP port that accepts connections while the process is ready, and says nothing on them: a probe that needs neither a program in the image nor a process for each question.
/// </summary>
internal sealed class ReadyPort : IDisposable
{
    public static readonly Setting<int> Setting = Setting<int>.Value(
        "--ready-port", "PORT", "TCP port on all addresses that can be connected to while the process is ready, for a tcpSocket probe. Nothing is said on it. 0: none.",
        SettingParsers.Integer(0, 65_535), 0, "0");

    /// <summary>A probe that is not accepted in time fails; those that wait cost nothing.</summary>
    private const int Backlog = 16;

    private readonly Lock _gate = new();
    private readonly int _port;
    private Socket? _socket;
    private bool _isReady;

    /// <summary>The port is taken at once, so that a conflict is no surprise later; it refuses connections until <see cref="Set"/>.</summary>
    /// <exception cref="SocketException">The port is in use.</exception>
    public ReadyPort(int port)
    {
        _port = port;
        if (port != 0)
            _socket = Bind();
    }

    public void Set(bool isReady)
    {
        lock (_gate)
        {
            if (_socket is null || isReady == _isReady)
                return;
            _isReady = isReady;
            if (isReady)
            {
                _socket.Listen(Backlog);
                _ = AcceptAsync(_socket);
                return;
            }
            _socket.Dispose();
            _socket = Bind();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _socket?.Dispose();
            _socket = null;
        }
    }

    private Socket Bind()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, _port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                (await listener.AcceptAsync()).Dispose();
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // Not ready any more.
        }
    }
}
