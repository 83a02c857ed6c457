using System.Globalization;
using System.Net;

namespace SealFs.Cli.Settings;

/// <summary>Where a server listens: "127.0.0.1:7400", "[::1]:7400", or a port alone, which means loopback.</summary>
internal sealed record Endpoint(string Host, int Port)
{
    public const string Loopback = "127.0.0.1";

    /// <exception cref="FormatException">Neither form.</exception>
    public static Endpoint Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort)
            return new Endpoint(Loopback, port);
        if (text.StartsWith("localhost:", StringComparison.Ordinal))
            text = Loopback + text["localhost".Length..];
        var colon = text.LastIndexOf(':');
        if (colon > 0 && IPEndPoint.TryParse(text, out var address) && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return new Endpoint(address.Address.ToString(), address.Port);
        throw new FormatException($"'{text}' is not an address to listen on (examples: 127.0.0.1:7400, 7400)");
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
