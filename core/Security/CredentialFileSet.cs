namespace SealFs.Core.Security;

/// <summary>What was in the three files at one moment.</summary>
/// <param name="Files">Where they are.</param>
/// <param name="Authorities">ca.crt; null when it is not there or cannot be read.</param>
/// <param name="Certificate">tls.crt, likewise.</param>
/// <param name="Key">tls.key, likewise.</param>
/// <param name="Problem">Why one of them could not be read.</param>
internal sealed record CredentialFileSet(CredentialFiles Files, string? Authorities, string? Certificate, string? Key, string? Problem)
{
    /// <summary>Larger files are something else.</summary>
    private const int MaxFileBytes = 1 << 20;

    /// <summary>None of the files exists.</summary>
    public bool IsMissing => Authorities is null && Certificate is null && Key is null && Problem is null;

    public static CredentialFileSet Read(CredentialFiles files)
    {
        string? problem = null;
        return new CredentialFileSet(files, Text(files.AuthorityPath), Text(files.CertificatePath), Text(files.KeyPath), problem);

        string? Text(string path)
        {
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                if (stream.Length > MaxFileBytes)
                    throw new IOException($"{path} is too large for certificates.");
                using var reader = new StreamReader(stream);
                return reader.ReadToEnd();
            }
            catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                problem = unreadable.Message;
                return null;
            }
        }
    }

    public bool IsSameAs(CredentialFileSet other) =>
        Files == other.Files && Authorities == other.Authorities && Certificate == other.Certificate && Key == other.Key && Problem == other.Problem;

    /// <exception cref="CredentialException">They cannot be used, or are of none of the roles.</exception>
    public Credentials Load(IReadOnlyList<CertificateRole> roles)
    {
        if (Problem is not null)
            throw new CredentialException(Problem);
        var credentials = Credentials.FromPem(
            Authorities ?? throw Missing(Files.AuthorityPath), Certificate ?? throw Missing(Files.CertificatePath), Key ?? throw Missing(Files.KeyPath), Files.ToString());
        if (!roles.Contains(credentials.Identity.Role))
            throw new CredentialException($"{Files}: the certificate is of '{credentials.Identity}', and the role {CertificateRoles.Text(roles)} is needed here.");
        return credentials;
    }

    /// <summary>Without the key, since this may end up in a log.</summary>
    public override string ToString() => Files.ToString();

    private static CredentialException Missing(string path) => new($"{path} is missing: TLS needs {CredentialFiles.AuthorityName}, {CredentialFiles.CertificateName} and {CredentialFiles.KeyName}.");
}
