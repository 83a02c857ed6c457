using System.Net;

namespace SealFs.Manager;

/// <summary>Where the manager may listen.</summary>
internal static class ListenAddress
{
    /// <exception cref="ArgumentException">No IP address, or one that others reach without <paramref name="mayBeReached"/>.</exception>
    public static IPAddress Parse(string text, bool mayBeReached)
    {
        var address = text == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(text, out address))
            throw new ArgumentException($"'{text}' is no IP address to listen on.");
        if (!IPAddress.IsLoopback(address) && !mayBeReached)
        {
            throw new ArgumentException(
                $"The manager does not listen on {address}: without certificates everybody who reaches the control plane could do everything. "
                + "Give it some (--tls-dir, see 'sealfs certificates'), listen on 127.0.0.1, or say --insecure where the network itself is trusted.");
        }
        return address;
    }
}
