using SealFs.Core.Security;
using SealFs.Manager.Tls;
using Xunit;

namespace SealFs.Manager.Tests.Tls;

public sealed class CallPermissionsTests
{
    private static readonly string[] s_nodesOnly = ["RegisterNode", "Heartbeat", "BeginSwitch", "CompleteMove"];

    [Fact]
    public void Every_call_of_the_service_stands_in_the_table_and_nothing_else()
    {
        var calls = Core.Control.V1.Control.Descriptor.Methods.Select(method => $"/sealfs.control.v1.Control/{method.Name}").Order();
        Assert.Equal(calls, CallPermissions.Methods.Order());
    }

    [Fact]
    public void An_admin_may_do_everything_that_is_not_a_nodes()
    {
        foreach (var method in Core.Control.V1.Control.Descriptor.Methods)
        {
            var roles = CallPermissions.RolesFor($"/sealfs.control.v1.Control/{method.Name}");
            Assert.Equal(!s_nodesOnly.Contains(method.Name), roles.Contains(CertificateRole.Admin));
            Assert.DoesNotContain(CertificateRole.Manager, roles);
            if (s_nodesOnly.Contains(method.Name))
                Assert.Equal([CertificateRole.Node], roles);
        }
    }

    [Fact]
    public void What_is_no_call_nobody_may() => Assert.Empty(CallPermissions.RolesFor("/sealfs.control.v1.Control/getmap"));
}
