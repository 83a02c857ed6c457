using System.Net;

namespace SealFs.Manager;

/// <summary>Where the manager may listen.</summary>
internal static class ListenAddress
{
    /// <exception cref="ArgumentException">No IP address, or one that others reach without <paramref name="insecure"/>.</exception>
    public static IPAddress Parse(string text, bool insecure)
    {
        var address = text == "localhost" ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(text, out address))
            throw new ArgumentException($"'{text}' is no IP address to listen on.");
        if (!IPAddress.IsLoopback(address) && !insecure)
        {
            throw new ArgumentException(
                $"The manager does not listen on {address}: the control plane has no authentication yet, and everybody who reaches it could do everything. "
                + "Listen on 127.0.0.1, or say --insecure where the network itself is trusted.");
        }
        return address;
    }
}
