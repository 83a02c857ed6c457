using SealFs.Core.Security;
using SealFs.Operator.Api;
using SealFs.Operator.Certificates;
using SealFs.Operator.Resources;

namespace SealFs.Operator.Tests.Certificates;

public sealed class TrustStepTests
{
    private static readonly DateTimeOffset s_begin = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_propagation = TimeSpan.FromMinutes(10);

    private readonly Authority _one = Authority.Create("c", s_begin, TimeSpan.FromDays(3652));
    private readonly Authority _other = Authority.Create("c", s_begin, TimeSpan.FromDays(3652));

    [Fact]
    public void Each_step_waits_until_it_was_seen_everywhere_and_then_for_the_propagation_time()
    {
        TrustStep step = new Settled(_one).Announce(_other);
        Assert.Same(_one, step.Issuing);
        Assert.Equal(_one.Certificate + _other.Certificate, step.Bundle);

        step = step.Advance(s_begin, s_propagation);
        Assert.IsType<Announced>(step);
        Assert.Same(step, step.Advance(s_begin + s_propagation - TimeSpan.FromSeconds(1), s_propagation));
        step = step.Advance(s_begin + s_propagation, s_propagation);
        Assert.IsType<Replaced>(step);
        Assert.Same(_other, step.Issuing);
        Assert.Equal(_other.Certificate + _one.Certificate, step.Bundle);
        Assert.Null(step.SpreadSince);

        step = step.Advance(s_begin + s_propagation, s_propagation);
        Assert.Same(step, step.Advance(s_begin + s_propagation, s_propagation));
        step = step.Advance(s_begin + (2 * s_propagation), s_propagation);
        Assert.Equal(new Settled(_other), step);
        Assert.Same(step, step.Advance(s_begin + (9 * s_propagation), s_propagation));
    }

    [Fact]
    public void A_step_is_read_as_it_was_written()
    {
        var names = new ClusterNames(new SealFsCluster { Metadata = new() { Name = "c", NamespaceProperty = "s", Uid = "u" } });
        TrustStep[] steps =
        [
            new Settled(_one), new Settled(_one).Announce(_other), new Announced(_one, [], _other, s_begin), new Announced(null, [_one.Certificate], _other, s_begin),
            new Replaced(_other, [_one.Certificate], null), new Replaced(_other, [_one.Certificate], s_begin),
        ];
        foreach (var step in steps)
        {
            var read = AuthoritySecret.Read(AuthoritySecret.Build(names, step, "asked"));
            Assert.IsType(step.GetType(), read);
            Assert.Equal((step.Bundle, step.Issuing, step.SpreadSince), (read.Bundle, read.Issuing, read.SpreadSince));
            Assert.Equal("asked", AuthoritySecret.Asked(AuthoritySecret.Build(names, read, "asked")));
        }
    }

    [Fact]
    public void Only_the_signature_tells_who_has_issued_a_certificate()
    {
        var leaf = _one.Issue(CertificateRole.Node, "c", s_begin, TimeSpan.FromDays(90));
        Assert.True(_one.HasIssued(leaf));

        // It has the same name.
        Assert.False(_other.HasIssued(leaf));
        Assert.True(new Announced(null, [_one.Certificate], _other, null).Accepts(leaf));
        Assert.False(new Replaced(_other, [_one.Certificate], null).Accepts(leaf));
    }

    [Fact]
    public void Nothing_shows_a_key_when_it_is_printed()
    {
        Assert.DoesNotContain("PRIVATE", $"{_one} {new Settled(_one)} {_one.Issue(CertificateRole.Admin, "c", s_begin, TimeSpan.FromDays(1))}");
    }
}
