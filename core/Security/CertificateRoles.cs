namespace SealFs.Core.Security;

/// <summary>The roles as certificates and people write them.</summary>
public static class CertificateRoles
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<CertificateRole> All { get; } = Enum.GetValues<CertificateRole>();

    /// <summary>"manager", "node", "client" or "admin".</summary>
    public static string Text(this CertificateRole role) => role switch
    {
        CertificateRole.Manager => "manager",
        CertificateRole.Node => "node",
        CertificateRole.Client => "client",
        CertificateRole.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    /// <summary>"client or admin".</summary>
    public static string Text(IEnumerable<CertificateRole> roles) => string.Join(" or ", roles.Select(Text));

    public static bool TryParse(string text, out CertificateRole role)
    {
        foreach (var known in All)
        {
            role = known;
            if (known.Text() == text)
                return true;
        }
        role = default;
        return false;
    }
}
