using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Security;

namespace SealFs.Cli.Certificates;

/// <summary><c>sealfs certificates create-ca</c>.</summary>
internal static class CreateAuthorityCommand
{
    private static readonly Setting<string?> Directory = CertificateSettings.Directory("Where the authority is kept: ca.crt and ca.key. Made when missing.");

    private static readonly Setting<string> Name = Setting<string>.Value(
        "--name", "NAME", "Name of the authority, for people: the cluster's.", CertificateSettings.ParseName, "sealfs", "sealfs");

    private static readonly Setting<TimeSpan> Days = CertificateSettings.Days("How long it is good for.", ClusterAuthority.DefaultLifetime);

    public static Command Build() => new DocumentedCommand(
            "create-ca",
            "Make the certificate authority of a cluster. Whoever has its key can make himself anything in the cluster: keep ca.key where certificates are issued, and nowhere else.",
            "sealfs certificates create-ca --dir /root/sealfs-ca --name photos")
        .With(Directory, Name, Days)
        .Does(RunAsync);

    private static Task<int> RunAsync(Invocation invocation)
    {
        var files = new AuthorityFiles(Path.GetFullPath(invocation.Require(Directory)));
        if (File.Exists(files.CertificatesPath) || File.Exists(files.KeyPath))
            throw new CommandFailure(ExitCode.Exists, $"There is an authority in {files.Directory} already. Another in its place would shut everybody out who has a certificate of it.");
        using var authority = ClusterAuthority.Create(invocation.Get(Name), DateTimeOffset.UtcNow, invocation.Get(Days));
        using var written = new ReplacedFiles(files.Directory);
        written.Write(files.KeyPath, authority.ExportKeyPem(), isSecret: true);
        written.Write(files.CertificatesPath, authority.CertificatePem);
        written.PutInPlace();
        var view = CertificatesView.Read(files.Directory, DateTimeOffset.UtcNow);
        invocation.Print(view, OutputJson.Default.CertificatesView, _ => $"The authority is in {files.Directory}, good until {authority.ExpiresAt:u}. Keep {files.KeyPath} secret.");
        return Task.FromResult(ExitCode.Ok);
    }
}
