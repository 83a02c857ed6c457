using Microsoft.Extensions.Logging;
using SealFs.Core.Security;

namespace SealFs.Cli.Settings;

/// <summary>Where certificates are, for all commands that take part in a cluster.</summary>
internal static class TlsSettings
{
    public static readonly Setting<string?> Directory = Setting<string?>.Value(
        "--tls-dir", "DIR",
        "Speak TLS between the manager and everybody else, with the certificates in this directory: ca.crt, tls.crt, tls.key (see 'sealfs certificates'). "
        + "They are read again when they are replaced.",
        SettingParsers.Text, null, "none: cleartext");

    public static readonly Setting<string?> ClustersDirectory = Setting<string?>.Value(
        "--tls-clusters-dir", "DIR",
        "Certificates for several clusters: HOST.PORT.ca.crt, HOST.PORT.tls.crt and HOST.PORT.tls.key, with the address of each manager. A manager for which there is none of "
        + "the three is spoken to in cleartext. They are read again when they are replaced.",
        SettingParsers.Text, null, "none: cleartext");

    /// <summary>The certificates that the command line names, or null.</summary>
    /// <exception cref="CredentialException">They are missing, cannot be used, or are of another role.</exception>
    public static ICredentialSource? Open(Invocation invocation, params CertificateRole[] roles) => DirectoryOf(invocation) is { } directory
        ? FileCredentials.Open(new CredentialFiles(directory), roles, logger: invocation.Loggers.CreateLogger<FileCredentials>())
        : null;

    /// <summary>Absolute, or null.</summary>
    public static string? DirectoryOf(Invocation invocation) => invocation.Get(Directory) is { Length: > 0 } directory ? Path.GetFullPath(directory) : null;
}
