using SealFs.CsiDriver.Protocol;
using Mode = SealFs.CsiDriver.Protocol.VolumeCapability.Types.AccessMode.Types.Mode;

namespace SealFs.CsiDriver.Tests;

internal static class Capability
{
    public static VolumeCapability Mount(Mode mode = Mode.MultiNodeMultiWriter, string group = "", params string[] flags)
    {
        var capability = new VolumeCapability { AccessMode = new() { Mode = mode }, Mount = new() { VolumeMountGroup = group } };
        capability.Mount.MountFlags.AddRange(flags);
        return capability;
    }

    public static VolumeCapability Block() => new() { AccessMode = new() { Mode = Mode.SingleNodeWriter }, Block = new() };
}
