namespace SealFs.Core.Security;

/// <summary>What became of looking at the certificate of the other side of a connection.</summary>
/// <param name="Peer">Who it is, when <paramref name="Refusal"/> is null.</param>
/// <param name="ExpiresAt">From when on it is nobody any more.</param>
/// <param name="Refusal">Why it is not accepted, as a sentence about the certificate for people on both sides; null when it is.</param>
public readonly record struct PeerVerdict(CertificateIdentity Peer, DateTimeOffset ExpiresAt, string? Refusal)
{
    /// <summary>Which volumes it may use.</summary>
    public VolumeGrants Grants { get; init; } = VolumeGrants.All;

    internal static PeerVerdict Refused(string reason) => new(default, default, reason);
}
