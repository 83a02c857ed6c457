using SealFs.CsiDriver.Protocol;
using Service = SealFs.CsiDriver.Protocol.PluginCapability.Types.Service.Types.Type;

namespace SealFs.CsiDriver.Tests.Controller;

public sealed class IdentityTests(ControllerFixture fixture) : IClassFixture<ControllerFixture>
{
    [Fact]
    public async Task The_plugin_says_who_it_is_and_what_it_can_do()
    {
        var info = await fixture.Csi.Identity.GetPluginInfoAsync(new GetPluginInfoRequest());
        Assert.Equal("sealfs.csi.sealfs.io", info.Name);
        Assert.NotEmpty(info.VendorVersion);
        Assert.True((await fixture.Csi.Identity.ProbeAsync(new ProbeRequest())).Ready);
        var capabilities = (await fixture.Csi.Identity.GetPluginCapabilitiesAsync(new GetPluginCapabilitiesRequest())).Capabilities;
        Assert.Equal([Service.ControllerService, Service.VolumeAccessibilityConstraints], capabilities.Where(one => one.Service is not null).Select(one => one.Service.Type));
        Assert.Equal(PluginCapability.Types.VolumeExpansion.Types.Type.Online, Assert.Single(capabilities, one => one.VolumeExpansion is not null).VolumeExpansion.Type);
    }
}
