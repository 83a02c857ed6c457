using SealFs.Core.Security;

namespace SealFs.Manager.Tls;

/// <summary>Who makes a call, as the certificate says. <see cref="CallGate"/> puts it into the items of the request, which are the user state of the call.</summary>
/// <param name="Identity">Null where the manager has no credentials: then anybody may do anything.</param>
/// <param name="Grants">Which volumes the caller may use.</param>
internal sealed record Caller(CertificateIdentity? Identity, VolumeGrants Grants)
{
    public const string ItemKey = "sealfs.caller";

    /// <summary>Somebody on a connection in cleartext.</summary>
    public static Caller Unknown { get; } = new(null, VolumeGrants.All);

    /// <summary>May do what only administrators may.</summary>
    public bool IsAdministrator => Identity is not { Role: not CertificateRole.Admin };

    /// <summary>For the record of a session: who opened it. Empty for somebody unknown.</summary>
    public string Name => Identity?.ToString() ?? "";
}
