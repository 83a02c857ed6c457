using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SealFs.Core.Security;

/// <summary>
/// Decides whether a certificate is one of this cluster: issued by an authority that is trusted, good at this time and for this direction, and of a role. Host names do not
/// count: the authority is one cluster's alone, so whoever it has made a manager is the manager, however it is reached. Nothing is looked up elsewhere, and there are no
/// revocation lists: certificates are short-lived, and an authority can be replaced.
/// </summary>
internal static class PeerVerification
{
    /// <summary>What strangers have written into a certificate ends up in logs and messages.</summary>
    private const int MaxQuotedLength = 200;

    private const X509ChainStatusFlags NotTrusted =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.InvalidBasicConstraints;

    /// <param name="certificate">What the peer has shown.</param>
    /// <param name="intermediates">What it has shown beside it.</param>
    /// <param name="authorities">Which are trusted.</param>
    /// <param name="purpose">Which side it is on, see <see cref="CertificatePurposes"/>; null: either.</param>
    /// <param name="now">The time; null: whenever it was or will be good.</param>
    public static PeerVerdict Verify(
        X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection authorities, Oid? purpose, DateTimeOffset? now)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        policy.ExtraStore.AddRange(intermediates);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        if (now is { } time)
            policy.VerificationTime = time.LocalDateTime;
        else
            policy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        if (purpose is not null)
            policy.ApplicationPolicy.Add(purpose);
        var isSound = chain.Build(certificate);
        var problems = isSound ? X509ChainStatusFlags.NoError : chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        var verdict = Judge(certificate, isSound, problems, now ?? new DateTimeOffset(certificate.NotBefore));
        foreach (var element in chain.ChainElements)
            element.Certificate.Dispose();
        return verdict;
    }

    private static PeerVerdict Judge(X509Certificate2 certificate, bool isSound, X509ChainStatusFlags problems, DateTimeOffset now)
    {
        var expiresAt = new DateTimeOffset(certificate.NotAfter);
        var isKnown = CertificateIdentity.TryRead(certificate.SubjectName, out var identity);
        var who = Quotable(isKnown ? identity.ToString() : certificate.Subject);
        if ((problems & NotTrusted) != 0)
            return PeerVerdict.Refused($"the certificate of '{who}' is of an authority that is not trusted here: it belongs to another cluster, or the authority was replaced");
        if (expiresAt <= now)
            return PeerVerdict.Refused($"the certificate of '{who}' expired at {expiresAt:u}");
        if (certificate.NotBefore > now.LocalDateTime)
            return PeerVerdict.Refused($"the certificate of '{who}' is not good before {new DateTimeOffset(certificate.NotBefore):u}, and it is {now:u} here");
        if ((problems & X509ChainStatusFlags.NotTimeValid) != 0)
            return PeerVerdict.Refused($"the authority that issued the certificate of '{who}' has expired");
        if ((problems & X509ChainStatusFlags.NotValidForUsage) != 0)
            return PeerVerdict.Refused($"the certificate of '{who}' may not be used on this side of a connection (extended key usage)");
        if (!isSound)
            return PeerVerdict.Refused($"the certificate of '{who}' is not accepted ({problems})");
        if (!isKnown)
            return PeerVerdict.Refused($"the certificate of '{who}' names nobody of a SealFS cluster: its subject must be O=sealfs, OU=manager|node|client|admin, CN=name");
        return new PeerVerdict(identity, expiresAt, null) { Grants = VolumeGrants.Of(certificate) };
    }

    private static string Quotable(string subject) =>
        string.Concat(subject.Take(MaxQuotedLength).Select(one => char.IsControl(one) ? '?' : one));
}
