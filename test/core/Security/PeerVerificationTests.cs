using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Core.Tests.Security;

public sealed class PeerVerificationTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ClusterAuthority _authority = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(100));

    [Fact]
    public void Everybody_of_the_cluster_is_accepted_as_what_the_certificate_says()
    {
        foreach (var role in CertificateRoles.All)
        {
            var verdict = Verify(Issue(_authority, role), Now);
            Assert.Null(verdict.Refusal);
            Assert.Equal(new CertificateIdentity(role, "x"), verdict.Peer);
            Assert.Equal(Now.AddDays(1), verdict.ExpiresAt);
        }
    }

    [Fact]
    public void Only_a_manager_is_connected_to()
    {
        Assert.Null(Verify(Issue(_authority, CertificateRole.Manager), Now, isServer: true).Refusal);
        foreach (var role in CertificateRoles.All.Where(role => role != CertificateRole.Manager))
            Assert.Contains("extended key usage", Verify(Issue(_authority, role), Now, isServer: true).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_counts_to_the_second()
    {
        var issued = Issue(_authority, CertificateRole.Node);
        Assert.Null(Verify(issued, Now.AddDays(1).AddSeconds(-1)).Refusal);
        Assert.Contains("expired at 2026-01-02", Verify(issued, Now.AddDays(1)).Refusal, StringComparison.Ordinal);
        Assert.Contains("not good before", Verify(issued, Now.AddDays(-1)).Refusal, StringComparison.Ordinal);
        Assert.Null(Verify(issued, Now.AddMinutes(-4)).Refusal);
    }

    [Fact]
    public void Another_authority_is_not_trusted_even_under_the_same_name()
    {
        using var other = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(100));
        Assert.Contains("authority that is not trusted", Verify(Issue(other, CertificateRole.Manager), Now).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void During_a_change_of_authorities_both_are_trusted()
    {
        using var next = ClusterAuthority.Create("photos", Now.AddDays(50), TimeSpan.FromDays(100));
        var bundle = next.CertificatePem + _authority.CertificatePem;
        Assert.Null(Verify(Issue(_authority, CertificateRole.Node), Now, bundle: bundle).Refusal);
        Assert.Null(Verify(Issue(next, CertificateRole.Node, Now.AddDays(60)), Now.AddDays(60), bundle: bundle).Refusal);
        Assert.NotNull(Verify(Issue(next, CertificateRole.Node, Now.AddDays(60)), Now.AddDays(60)).Refusal);
    }

    [Fact]
    public void Whoever_has_a_certificate_cannot_issue_others()
    {
        var node = Issue(_authority, CertificateRole.Node);
        using var parent = X509Certificate2.CreateFromPem(node.CertificatePem, node.KeyPem);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new CertificateIdentity(CertificateRole.Admin, "mallory").ToSubject(), key, HashAlgorithmName.SHA256);
        using var forged = request.Create(
            parent.SubjectName, X509SignatureGenerator.CreateForECDsa(parent.GetECDsaPrivateKey()!), Now, Now.AddHours(1), [1, 2, 3]);
        var verdict = Own().Verify(forged, [parent], isServer: false, Now);
        Assert.Contains("not trusted", verdict.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void An_intermediate_authority_is_accepted_when_it_is_shown()
    {
        var (intermediate, leaf) = IssueBelowIntermediate();
        using (intermediate)
        using (leaf)
        {
            using var root = RootWithIntermediates;
            var own = Own(root.ExportCertificatePem(), leaf.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem(), leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            Assert.Equal(new CertificateIdentity(CertificateRole.Client, "below"), own.Identity);
            Assert.Null(own.Verify(leaf, [intermediate], isServer: false, Now).Refusal);
            Assert.NotNull(own.Verify(leaf, [], isServer: false, Now).Refusal);
        }
    }

    [Fact]
    public void A_certificate_of_the_authority_that_names_nobody_is_refused()
    {
        using var authority = X509Certificate2.CreateFromPem(_authority.CertificatePem, _authority.ExportKeyPem());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = new CertificateRequest("CN=somebody", key, HashAlgorithmName.SHA256).Create(authority, Now, Now.AddDays(1), [1]);
        Assert.Contains("names nobody", Own().Verify(leaf, [], isServer: false, Now).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void What_strangers_write_into_a_certificate_cannot_forge_lines_of_a_log()
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("sealfs");
        subject.AddOrganizationalUnitName("admin");
        subject.AddCommonName("a\nWarning: all is lost\u001b[2J");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSelfSigned(Now, Now.AddDays(1));
        var refusal = Own().Verify(stranger, [], isServer: false, Now).Refusal!;
        Assert.Contains("'admin a?Warning: all is lost?[2J'", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_shown_is_nobody() => Assert.Contains("no certificate", Own().Verify(null, [], isServer: false, Now).Refusal, StringComparison.Ordinal);

    public void Dispose() => _authority.Dispose();

    private static readonly ECDsa RootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly X509Certificate2 RootWithIntermediates = MakeRoot();

    private static X509Certificate2 MakeRoot()
    {
        var request = new CertificateRequest("CN=root", RootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(100));
    }

    private static (X509Certificate2 Intermediate, X509Certificate2 Leaf) IssueBelowIntermediate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=intermediate", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var intermediate = request.Create(RootWithIntermediates, Now.AddDays(-1), Now.AddDays(50), [7]).CopyWithPrivateKey(key);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest(new CertificateIdentity(CertificateRole.Client, "below").ToSubject(), leafKey, HashAlgorithmName.SHA256)
            .Create(intermediate, Now.AddDays(-1), Now.AddDays(1), [8]).CopyWithPrivateKey(leafKey);
        return (intermediate, leaf);
    }

    private static IssuedCertificate Issue(ClusterAuthority authority, CertificateRole role, DateTimeOffset? now = null) =>
        authority.Issue(new CertificateIdentity(role, "x"), now ?? Now, TimeSpan.FromDays(1));

    private static Credentials Own(string authorities, string certificate, string key) => Credentials.FromPem(authorities, certificate, key, "test");

    private Credentials Own(string? bundle = null)
    {
        var manager = Issue(_authority, CertificateRole.Manager);
        return Own(bundle ?? _authority.CertificatePem, manager.CertificatePem, manager.KeyPem);
    }

    private PeerVerdict Verify(IssuedCertificate issued, DateTimeOffset now, bool isServer = false, string? bundle = null)
    {
        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem);
        return Own(bundle).Verify(certificate, [], isServer, now);
    }
}
