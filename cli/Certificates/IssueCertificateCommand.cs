using System.CommandLine;
using SealFs.Cli.Output;
using SealFs.Cli.Settings;
using SealFs.Core.Security;

namespace SealFs.Cli.Certificates;

/// <summary><c>sealfs certificates issue</c>.</summary>
internal static class IssueCertificateCommand
{
    private static readonly Setting<string?> Authority = Setting<string?>.Value(
        "--ca", "DIR", "Directory of the authority, as create-ca made it. All of its ca.crt is handed out, so that others can be trusted beside it.", SettingParsers.Text, null, null);

    private static readonly Setting<CertificateRole?> Role = Setting<CertificateRole?>.Value(
        "--role", "manager|node|client|admin", "What its holder is: client for mounts and fsck; admin for commands that look at the cluster and change it.",
        SettingParsers.OneOf(CertificateRoles.All.Select(role => (role.Text(), (CertificateRole?)role)).ToArray()), null, null);

    private static readonly Setting<string?> Name = Setting<string?>.Value(
        "--name", "NAME", "Whose it is, for people and logs.", CertificateSettings.ParseName, null, null);

    private static readonly Setting<string?> Directory = CertificateSettings.Directory("Where it is put, for --tls-dir: ca.crt, tls.crt, tls.key. Made when missing.");

    private static readonly Setting<TimeSpan> Days = CertificateSettings.Days("How long it is good for; not longer than the authority.", ClusterAuthority.DefaultCertificateLifetime);

    private static readonly Setting<VolumeGrants> Volumes = Setting<VolumeGrants>.Value(
        "--volumes", "NAME[:ro],…", "The volumes that a client may open, those with :ro for reading alone.", VolumeGrants.Parse, VolumeGrants.All, "all");

    public static Command Build() => new DocumentedCommand(
            "issue",
            "Issue a certificate with a new key. Where there is one for the same role and name already, it is replaced, and processes that use it go over to the new one by themselves.",
            "sealfs certificates issue --ca /root/sealfs-ca --role node --name node-3 --dir node-3-tls",
            "sealfs certificates issue --ca /root/sealfs-ca --role client --name laptop --dir laptop-tls --days 30",
            "sealfs certificates issue --ca /root/sealfs-ca --role client --name web-1 --volumes photos,logs:ro --dir web-1-tls")
        .With(Authority, Role, Name, Directory, Days, Volumes)
        .Does(RunAsync);

    private static Task<int> RunAsync(Invocation invocation)
    {
        var (authority, trusted) = new AuthorityFiles(Path.GetFullPath(invocation.Require(Authority))).Open();
        using var owned = authority;
        var role = invocation.Get(Role) ?? throw new CommandFailure(ExitCode.Usage, "--role is missing: manager, node, client or admin.");
        var identity = new CertificateIdentity(role, invocation.Require(Name));
        var files = new CredentialFiles(Path.GetFullPath(invocation.Require(Directory)));
        RequireSame(files, identity);
        var grants = invocation.Get(Volumes);
        if (grants.IsLimited && role != CertificateRole.Client)
            throw new CommandFailure(ExitCode.Usage, "--volumes is for the role client: the other roles use every volume.");
        var issued = Issue(authority, identity, invocation.Get(Days), grants);
        using var written = new ReplacedFiles(files.Directory);
        written.Write(files.AuthorityPath, trusted);
        written.Write(files.CertificatePath, issued.CertificatePem);
        written.Write(files.KeyPath, issued.KeyPem, isSecret: true);
        written.PutInPlace();
        var view = CertificatesView.Read(files.Directory, DateTimeOffset.UtcNow);
        invocation.Print(view, OutputJson.Default.CertificatesView, _ => $"The certificate of '{identity}' is in {files.Directory}, good until {issued.ExpiresAt:u}.");
        return Task.FromResult(ExitCode.Ok);
    }

    private static IssuedCertificate Issue(ClusterAuthority authority, CertificateIdentity identity, TimeSpan lifetime, VolumeGrants grants)
    {
        try
        {
            return authority.Issue(identity, DateTimeOffset.UtcNow, lifetime, grants);
        }
        catch (CredentialException problem)
        {
            throw new CommandFailure(ExitCode.Refused, problem.Message, problem);
        }
    }

    /// <summary>Another's certificate is not overwritten: it would be missed.</summary>
    private static void RequireSame(CredentialFiles files, CertificateIdentity identity)
    {
        if (!File.Exists(files.CertificatePath))
            return;
        var there = CertificatesView.Read(files.Directory, DateTimeOffset.UtcNow).Certificates.FirstOrDefault(one => one.File == CredentialFiles.CertificateName);
        if (there is not null && there.Holder != identity.ToString())
            throw new CommandFailure(ExitCode.Exists, $"{files.CertificatePath} is the certificate of '{there.Holder}', not of '{identity}': choose another directory.");
    }
}
