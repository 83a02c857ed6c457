using System.CommandLine;

namespace SealFs.Cli.Certificates;

/// <summary><c>sealfs certificates</c>: the group.</summary>
internal static class CertificatesCommand
{
    public static Command Build() => new DocumentedCommand(
        "certificates",
        "Make the certificates with which the parts of a cluster recognise each other (option --tls-dir), without Kubernetes: there the operator makes them.",
        "sealfs certificates create-ca --dir /root/sealfs-ca --name photos",
        "sealfs certificates issue --ca /root/sealfs-ca --role manager --name manager-1 --dir /etc/sealfs/tls",
        "sealfs certificates show --dir /etc/sealfs/tls")
    {
        CreateAuthorityCommand.Build(),
        IssueCertificateCommand.Build(),
        ShowCertificatesCommand.Build(),
    };
}
