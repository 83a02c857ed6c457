using SealFs.Core.Security;

namespace SealFs.Cli.Certificates;

/// <summary>Where the authority of a cluster is kept: what is trusted, and the key.</summary>
internal sealed record AuthorityFiles(string Directory)
{
    public const string KeyName = "ca.key";

    /// <summary>The certificate of the authority, possibly among others that are trusted as well: all are handed out with every certificate.</summary>
    public string CertificatesPath => Path.Combine(Directory, CredentialFiles.AuthorityName);

    public string KeyPath => Path.Combine(Directory, KeyName);

    /// <summary>Reads it.</summary>
    /// <exception cref="CommandFailure">There is none, or it cannot be used.</exception>
    public (ClusterAuthority Authority, string TrustedPem) Open()
    {
        try
        {
            var trusted = File.ReadAllText(CertificatesPath);
            return (ClusterAuthority.FromPem(trusted, File.ReadAllText(KeyPath)), trusted);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailure(ExitCode.NotFound, $"There is no authority in {Directory}: 'sealfs certificates create-ca' makes {CredentialFiles.AuthorityName} and {KeyName}.", problem);
        }
        catch (CredentialException problem)
        {
            throw new CommandFailure(ExitCode.Failed, $"{Directory}: {problem.Message}", problem);
        }
    }
}
