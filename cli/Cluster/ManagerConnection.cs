using SealFs.Cli.Settings;
using SealFs.Core.Control;
using SealFs.Core.Security;

namespace SealFs.Cli.Cluster;

/// <summary>The connection of a command to the manager that its settings name.</summary>
internal static class ManagerConnection
{
    public static readonly Setting[] Settings = [GlobalSettings.Manager, TlsSettings.Directory, GlobalSettings.Timeout];

    public static ControlClient Open(Invocation invocation) => new(
        Addresses(invocation),
        invocation.Get(GlobalSettings.Timeout),
        Credentials(invocation));

    /// <summary>With what TLS is spoken to the manager, and to storage nodes; null: with nothing.</summary>
    public static ICredentialSource? Credentials(Invocation invocation) =>
        invocation.ManagerCredentials ?? TlsSettings.Open(invocation, CertificateRole.Admin, CertificateRole.Client);

    public static string[] Addresses(Invocation invocation) =>
        (invocation.ManagerAddress ?? invocation.Get(GlobalSettings.Manager)).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
