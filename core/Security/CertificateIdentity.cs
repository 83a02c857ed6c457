using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Security;

/// <summary>
/// Whom a certificate names. In its subject: <c>O=sealfs, OU=role, CN=name</c>, nothing else, in any order. The role decides what its holder may do; a session is renewed and closed only by the role and name that opened it.
/// </summary>
public readonly record struct CertificateIdentity(CertificateRole Role, string Name)
{
    public const string Organization = "sealfs";

    /// <summary>ub-common-name of RFC 5280, appendix A.1.</summary>
    public const int MaxNameLength = 64;

    private const string OrganizationOid = "2.5.4.10";
    private const string UnitOid = "2.5.4.11";
    private const string CommonNameOid = "2.5.4.3";

    /// <summary>Null when it can stand in a certificate, else what is wrong with it.</summary>
    public static string? ProblemWith(string name) =>
        name.Length is 0 or > MaxNameLength ? $"a name has 1 to {MaxNameLength} characters, not {name.Length}"
        : name.Any(char.IsControl) ? "a name has no control characters"
        : null;

    /// <summary>Reads a subject; false when it names nobody of a SealFS cluster.</summary>
    public static bool TryRead(X500DistinguishedName subject, out CertificateIdentity identity)
    {
        identity = default;
        string? organization = null, unit = null, name = null;
        foreach (var part in subject.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || Value(part) is not { } value || !Put(part.GetSingleElementType(), value))
                return false;
        }
        if (organization != Organization || unit is null || name is null || !CertificateRoles.TryParse(unit, out var role))
            return false;
        identity = new CertificateIdentity(role, name);
        return true;

        // Twice the same attribute is nobody: two readers could choose differently.
        bool Put(Oid type, string value) => type.Value switch
        {
            OrganizationOid when organization is null => (organization = value) is not null,
            UnitOid when unit is null => (unit = value) is not null,
            CommonNameOid when name is null => (name = value) is not null,
            _ => false,
        };
    }

    /// <exception cref="ArgumentException">The name cannot stand in a certificate.</exception>
    public X500DistinguishedName ToSubject() => SubjectOf(Role.Text(), Name);

    public override string ToString() => $"{Role.Text()} {Name}";

    internal static X500DistinguishedName SubjectOf(string unit, string name)
    {
        if (ProblemWith(name) is { } problem)
            throw new ArgumentException($"'{name}' cannot stand in a certificate: {problem}.", nameof(name));
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        subject.AddOrganizationalUnitName(unit);
        subject.AddOrganizationName(Organization);
        return subject.Build();
    }

    private static string? Value(X500RelativeDistinguishedName part)
    {
        try
        {
            return part.GetSingleElementValue();
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
