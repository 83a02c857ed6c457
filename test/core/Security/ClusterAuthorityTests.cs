using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Core.Tests.Security;

public sealed class ClusterAuthorityTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_certificate_names_its_holder_and_ends_when_it_should()
    {
        using var authority = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(10));
        foreach (var role in CertificateRoles.All)
        {
            var issued = authority.Issue(new CertificateIdentity(role, "naïve, O=other"), Now, TimeSpan.FromDays(3));
            Assert.Equal(Now.AddDays(3), issued.ExpiresAt);
            using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
            Assert.True(CertificateIdentity.TryRead(certificate.SubjectName, out var identity));
            Assert.Equal(new CertificateIdentity(role, "naïve, O=other"), identity);
            Assert.Equal(ECCurve.NamedCurves.nistP256.Oid.Value, certificate.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.Value);
            Assert.StartsWith("-----BEGIN PRIVATE KEY-----", issued.KeyPem, StringComparison.Ordinal);
            Assert.DoesNotContain("PRIVATE", issued.ToString(), StringComparison.Ordinal);
            var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(usage => usage.Value);
            Assert.Equal(role == CertificateRole.Manager, usages.Contains("1.3.6.1.5.5.7.3.1"));
            Assert.Contains("1.3.6.1.5.5.7.3.2", usages);
        }
    }

    [Fact]
    public void No_certificate_outlives_its_authority()
    {
        using var authority = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(10));
        Assert.Equal(Now.AddDays(10), authority.Issue(Node, Now.AddDays(5), TimeSpan.FromDays(90)).ExpiresAt);
        Assert.Contains("expired", Assert.Throws<CredentialException>(() => authority.Issue(Node, Now.AddDays(10), TimeSpan.FromDays(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_found_again_among_others_by_its_key()
    {
        using var old = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(10));
        using var authority = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(20));
        using var again = ClusterAuthority.FromPem(old.CertificatePem + authority.CertificatePem, authority.ExportKeyPem());
        Assert.Equal(authority.CertificatePem, again.CertificatePem);
        Assert.Equal(authority.ExportKeyPem(), again.ExportKeyPem());

        var issued = again.Issue(Node, Now, TimeSpan.FromDays(1));
        Assert.Equal(Node, Credentials.FromPem(authority.CertificatePem, issued.CertificatePem, issued.KeyPem, "test").Identity);
    }

    [Fact]
    public void An_authority_from_elsewhere_may_be_RSA()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=ours", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(Now, Now.AddDays(10));
        using var authority = ClusterAuthority.FromPem(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        var issued = authority.Issue(Node, Now, TimeSpan.FromDays(1));
        Assert.Equal(Node, Credentials.FromPem(authority.CertificatePem, issued.CertificatePem, issued.KeyPem, "test").Identity);
        Assert.Equal(key.ExportPkcs8PrivateKeyPem(), authority.ExportKeyPem().TrimEnd());
    }

    [Fact]
    public void Text_that_is_no_authority_is_refused()
    {
        using var authority = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(10));
        using var other = ClusterAuthority.Create("other", Now, TimeSpan.FromDays(10));
        var leaf = authority.Issue(Node, Now, TimeSpan.FromDays(1));
        Assert.Contains("belongs to none", Refusal(authority.CertificatePem, other.ExportKeyPem()), StringComparison.Ordinal);
        Assert.Contains("no authority", Refusal(leaf.CertificatePem, leaf.KeyPem), StringComparison.Ordinal);
        Assert.Contains("no certificate", Refusal("nothing", authority.ExportKeyPem()), StringComparison.Ordinal);
        Assert.Contains("no private key", Refusal(authority.CertificatePem, authority.CertificatePem), StringComparison.Ordinal);
        Assert.Contains("damaged", Refusal(authority.CertificatePem[..200] + "\n-----END CERTIFICATE-----\n", authority.ExportKeyPem()), StringComparison.Ordinal);
        Assert.Contains("damaged", Refusal(authority.CertificatePem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), StringComparison.Ordinal);

        static string Refusal(string certificates, string key) => Assert.Throws<CredentialException>(() => ClusterAuthority.FromPem(certificates, key)).Message;
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void Names_that_cannot_stand_in_a_certificate_are_refused(string name)
    {
        using var authority = ClusterAuthority.Create("photos", Now, TimeSpan.FromDays(10));
        Assert.Throws<ArgumentException>(() => authority.Issue(new CertificateIdentity(CertificateRole.Node, name), Now, TimeSpan.FromDays(1)));
        Assert.Throws<ArgumentException>(() => ClusterAuthority.Create(name, Now, TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData("O=sealfs, OU=node, CN=a", true)]
    [InlineData("CN=a, OU=node, O=sealfs", true)]
    [InlineData("O=sealfs, OU=ca, CN=a", false)]
    [InlineData("O=sealfs, OU=Node, CN=a", false)]
    [InlineData("O=sealfs, OU=node, OU=admin, CN=a", false)]
    [InlineData("O=sealfs, OU=node, CN=a, C=AT", false)]
    [InlineData("O=other, OU=node, CN=a", false)]
    [InlineData("O=sealfs, OU=node", false)]
    [InlineData("O=sealfs, CN=a", false)]
    public void Only_a_subject_of_this_form_names_somebody(string subject, bool names) =>
        Assert.Equal(names, CertificateIdentity.TryRead(new X500DistinguishedName(subject), out _));

    private static CertificateIdentity Node => new(CertificateRole.Node, "node-1");
}
