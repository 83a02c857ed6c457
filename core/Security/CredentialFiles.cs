namespace SealFs.Core.Security;

/// <summary>
/// Where a set of credentials lies: three PEM files, laid out as a kubernetes.io/tls Secret is when it is mounted. Several sets share a directory when their names begin
/// differently (a Secret is flat).
/// </summary>
/// <param name="Directory">Where.</param>
/// <param name="Prefix">With what the names begin; empty when the directory has one set.</param>
public sealed record CredentialFiles(string Directory, string Prefix = "")
{
    /// <summary>The authorities that are trusted, one or more.</summary>
    public const string AuthorityName = "ca.crt";

    /// <summary>The own certificate, then its intermediates if there are any.</summary>
    public const string CertificateName = "tls.crt";

    /// <summary>The key of the own certificate (PKCS#8).</summary>
    public const string KeyName = "tls.key";

    public string AuthorityPath => Path.Combine(Directory, Prefix + AuthorityName);

    public string CertificatePath => Path.Combine(Directory, Prefix + CertificateName);

    public string KeyPath => Path.Combine(Directory, Prefix + KeyName);

    /// <summary>
    /// With what the names of a manager's files begin in a directory for several clusters: <c>HOST.PORT.</c>, in lower case, with - for the colons of an IPv6 address
    /// (names in a Secret consist of letters, digits, - _ and .).
    /// </summary>
    /// <param name="managerAddress">host:port, possibly with http:// or https:// before it.</param>
    /// <exception cref="ArgumentException">It is no such address.</exception>
    public static string PrefixOf(string managerAddress)
    {
        var url = Control.ManagerAddress.Parse(managerAddress);
        return $"{url.Host.Trim('[', ']').Replace(':', '-')}.{url.Port}.";
    }

    /// <summary>The directory and with what its names begin.</summary>
    public override string ToString() => Path.Combine(Directory, Prefix + (Prefix.Length > 0 ? "*" : ""));

    internal bool AnyExists() => File.Exists(AuthorityPath) || File.Exists(CertificatePath) || File.Exists(KeyPath);
}
