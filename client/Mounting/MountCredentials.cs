using Microsoft.Extensions.Logging;
using SealFs.Core.Security;

namespace SealFs.Client.Mounting;

/// <summary>The credentials of a mount. Keeper and worker each read the files by themselves, so that both notice when they are replaced.</summary>
internal static class MountCredentials
{
    private static readonly CertificateRole[] s_roles = [CertificateRole.Client, CertificateRole.Admin];

    /// <summary>Null when the options name none: the managers are spoken to in cleartext.</summary>
    /// <exception cref="CredentialException">They are missing or cannot be used.</exception>
    public static ICredentialSource? Open(MountOptions options, ILoggerFactory loggers) => options.TlsDirectory.Length > 0
        ? FileCredentials.Open(new CredentialFiles(options.TlsDirectory), s_roles, logger: loggers.CreateLogger<FileCredentials>())
        : Follow(options, loggers);

    /// <summary>As <see cref="Open"/>, for a mount that goes on: credentials that cannot be used now are looked at again.</summary>
    public static ICredentialSource? Follow(MountOptions options, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger<FileCredentials>();
        if (options.TlsDirectory.Length > 0)
            return FileCredentials.Follow(new CredentialFiles(options.TlsDirectory), s_roles, logger: logger);
        return options.TlsClustersDirectory.Length > 0
            ? FileCredentials.ForManagers(options.TlsClustersDirectory, options.Managers, s_roles, logger: logger)
            : null;
    }
}
