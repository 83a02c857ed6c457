namespace SealFs.Core.Control;

/// <summary>The address of a manager, as people write it.</summary>
internal static class ManagerAddress
{
    /// <summary>host:port, which becomes http://host:port, or an http:// or https:// URL.</summary>
    /// <exception cref="ArgumentException">Neither.</exception>
    public static Uri Parse(string address)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.AbsolutePath == "/")
            return url;
        throw new ArgumentException($"'{address}' is no manager address: host:port is.", nameof(address));
    }
}
