using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SealFs.Cli.Output;
using SealFs.Core.Security;

namespace SealFs.Cli.Certificates;

/// <summary>What is in a directory of certificates.</summary>
/// <param name="Directory">Which.</param>
/// <param name="Certificates">Those of tls.crt first, then the authorities.</param>
/// <param name="Problem">Why they cannot be used; null when they can.</param>
internal sealed record CertificatesView(string Directory, CertificateView[] Certificates, string? Problem)
{
    /// <param name="directory">Where.</param>
    /// <param name="now">The time at which they shall be good.</param>
    /// <exception cref="CommandFailure">There are none.</exception>
    public static CertificatesView Read(string directory, DateTimeOffset now)
    {
        var files = new CredentialFiles(directory);
        CertificateView[] certificates = [.. Read(files.CertificatePath), .. Read(files.AuthorityPath)];
        if (certificates.Length == 0)
            throw new CommandFailure(ExitCode.NotFound, $"There is no certificate in {directory} ({CredentialFiles.CertificateName}, {CredentialFiles.AuthorityName}).");
        var isAuthority = !File.Exists(files.CertificatePath) && File.Exists(new AuthorityFiles(directory).KeyPath);
        return new CertificatesView(directory, certificates, ExpiryOf(certificates, now) ?? (isAuthority ? null : MisfitOf(files)));
    }

    public string Describe()
    {
        var table = new TextTable("FILE", "HOLDER", "GOOD UNTIL", "ISSUER");
        foreach (var certificate in Certificates)
            table.Add(certificate.File, certificate.Holder, $"{certificate.ExpiresAt:u}", certificate.Issuer);
        return table + (Problem is null ? "" : $"\nThey cannot be used: {Problem}\n");
    }

    private static IEnumerable<CertificateView> Read(string path)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPemFile(path);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException or CryptographicException)
        {
            // The one is nothing to show, the other shows when they are loaded.
        }
        return found.Select(certificate => CertificateView.Of(Path.GetFileName(path), certificate));
    }

    private static string? ExpiryOf(CertificateView[] certificates, DateTimeOffset now) => certificates.MinBy(certificate => certificate.ExpiresAt) is { } first && first.ExpiresAt <= now
        ? $"'{first.Holder}' in {first.File} expires at {first.ExpiresAt:u}."
        : null;

    private static string? MisfitOf(CredentialFiles files)
    {
        try
        {
            FileCredentials.Open(files, CertificateRoles.All);
            return null;
        }
        catch (CredentialException problem)
        {
            return problem.Message;
        }
    }
}
