using System.Net.Sockets;

namespace SealFs.CsiDriver.Hosting;

/// <summary>The path of a Unix socket to listen on.</summary>
internal static class SocketFile
{
    /// <summary>Linux's sun_path is 108 bytes with its terminator.</summary>
    private const int MaxPathBytes = 107;

    /// <summary>Makes the directory and removes a socket that a killed process left. Nothing but a socket that nobody listens on is ever removed.</summary>
    /// <exception cref="IOException">Somebody listens there, or it is something else.</exception>
    public static void Prepare(string path)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
            throw new IOException($"{path} is longer than the {MaxPathBytes} bytes of a socket's path.");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!Path.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.ConnectionRefused && !IsRegularFile(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException problem)
        {
            throw new IOException($"{path} cannot be listened on: {problem.Message}", problem);
        }
        throw new IOException($"Another process listens on {path} already.");
    }

    /// <summary>Connecting to a file that is no socket is refused too.</summary>
    private static bool IsRegularFile(string path) => File.Exists(path) && new FileInfo(path) is { Length: > 0 } || Directory.Exists(path);
}
