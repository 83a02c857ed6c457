using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SealFs.Core.Security;
using Xunit;

namespace SealFs.Core.Tests.Security;

public sealed class VolumeGrantsTests
{
    [Fact]
    public void Grants_survive_in_a_certificate()
    {
        var grants = Of(Issue(VolumeGrants.Parse("photos, logs:ro,a.b-c:rw")));
        Assert.True(grants.IsLimited);
        Assert.Equal(["a.b-c", "logs", "photos"], grants.Volumes.Order());
        Assert.True(grants.Allows("photos", readOnly: false) && grants.Allows("photos", readOnly: true) && grants.Allows("a.b-c", readOnly: false));
        Assert.True(grants.Allows("logs", readOnly: true));
        Assert.False(grants.Allows("logs", readOnly: false) || grants.Allows("other", readOnly: true) || grants.Allows("", readOnly: true));
    }

    [Fact]
    public void A_certificate_that_names_none_is_good_for_all()
    {
        Assert.False(Of(Issue(null)).IsLimited);
        var hosts = new SubjectAlternativeNameBuilder();
        hosts.AddDnsName("client.example.org");
        hosts.AddUri(new Uri("https://example.org/"));
        Assert.False(Of(SelfSigned(hosts.Build())).IsLimited);
    }

    [Theory]
    [InlineData("sealfs:volume/")]
    [InlineData("sealfs:volume/photos?mode=rw")]
    [InlineData("sealfs:volume/photos?mode=ro&more")]
    [InlineData("sealfs:volumes/photos")]
    [InlineData("SEALFS:volume/photos")]
    public void A_name_that_cannot_be_read_allows_nothing(string uri)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
            writer.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, uri, new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 6));
        var grants = Of(SelfSigned(new X509Extension("2.5.29.17", writer.Encode(), critical: false)));
        Assert.True(grants.IsLimited);
        Assert.Empty(grants.Volumes);
        Assert.False(grants.Allows("photos", readOnly: true));
    }

    [Fact]
    public void A_damaged_extension_allows_nothing() =>
        Assert.False(Of(SelfSigned(new X509Extension("2.5.29.17", [0x30, 0x20, 1], critical: false))).Allows("photos", readOnly: true));

    [Theory]
    [InlineData("")]
    [InlineData("photos,")]
    [InlineData("photos,photos:ro")]
    [InlineData("photos:wo")]
    [InlineData("Photos")]
    [InlineData("a/b")]
    public void What_is_no_list_of_volumes_is_refused(string text) => Assert.Throws<FormatException>(() => VolumeGrants.Parse(text));

    private static VolumeGrants Of(X509Certificate2 certificate) => VolumeGrants.Of(certificate);

    private static X509Certificate2 Issue(VolumeGrants? grants)
    {
        using var authority = ClusterAuthority.Create("test", DateTimeOffset.UtcNow, TimeSpan.FromDays(2));
        var issued = authority.Issue(new CertificateIdentity(CertificateRole.Client, "x"), DateTimeOffset.UtcNow, TimeSpan.FromDays(1), grants);
        return X509Certificate2.CreateFromPem(issued.CertificatePem);
    }

    private static X509Certificate2 SelfSigned(X509Extension extension)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(extension);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
    }
}
