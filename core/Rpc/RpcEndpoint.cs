using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SealFs.Core.Rpc;

/// <summary>
/// Where a peer is reached: a Unix socket, TCP, or both; with both, the Unix socket is tried first and TCP where there is none.
/// Text form: <c>host:port</c>, <c>tls://host:port</c>, <c>unix:/path</c>, or <c>unix:/path,</c> and one of the first two.
/// </summary>
public sealed record RpcEndpoint
{
    private const string SecuredPrefix = "tls://";

    private RpcEndpoint(string? unixPath, string? host, int port)
    {
        UnixPath = unixPath;
        Host = host;
        Port = port;
    }

    /// <summary>Over TCP the peer speaks TLS.</summary>
    public bool IsSecured { get; init; }

    public string? UnixPath { get; }

    public string? Host { get; }

    public int Port { get; }

    public static RpcEndpoint Tcp(string host, int port) => new(null, host, port);

    public static RpcEndpoint Tcp(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(null, address.Address.ToString(), address.Port);
    }

    public static RpcEndpoint Unix(string path) => new(path, null, 0);

    public static RpcEndpoint UnixOrTcp(string path, string host, int port) => new(path, host, port);

    /// <summary>The same peer, with a Unix socket that is tried first.</summary>
    public RpcEndpoint WithUnix(string path) => new(path, Host, Port) { IsSecured = IsSecured };

    /// <summary>How an address is written that is spoken to in TLS.</summary>
    public static string Secured(string address) => SecuredPrefix + address;

    public static bool TryParse(string? text, out RpcEndpoint? endpoint)
    {
        endpoint = null;
        if (string.IsNullOrEmpty(text))
            return false;
        string? path = null;
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            var comma = text.IndexOf(',', StringComparison.Ordinal);
            path = comma < 0 ? text[5..] : text[5..comma];
            if (path.Length == 0)
                return false;
            text = comma < 0 ? "" : text[(comma + 1)..];
            if (text.Length == 0)
            {
                endpoint = Unix(path);
                return true;
            }
        }

        var isSecured = text.StartsWith(SecuredPrefix, StringComparison.Ordinal);
        if (isSecured)
            text = text[SecuredPrefix.Length..];
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        endpoint = new RpcEndpoint(path, text[..colon].Trim('[', ']'), port) { IsSecured = isSecured };
        return true;
    }

    public override string ToString()
    {
        var prefix = IsSecured ? SecuredPrefix : "";
        var tcp = Host is null ? "" : prefix + (Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}");
        return UnixPath is null ? tcp : Host is null ? $"unix:{UnixPath}" : $"unix:{UnixPath},{tcp}";
    }

    /// <summary>The addresses to try, in order. Looks names up; throws SocketException when that fails.</summary>
    internal IEnumerable<EndPoint> Addresses()
    {
        if (UnixPath is not null)
            yield return new UnixDomainSocketEndPoint(UnixPath);
        if (Host is null)
            yield break;
        if (IPAddress.TryParse(Host, out var literal))
        {
            yield return new IPEndPoint(literal, Port);
            yield break;
        }

        foreach (var address in Dns.GetHostAddresses(Host))
            yield return new IPEndPoint(address, Port);
    }
}
