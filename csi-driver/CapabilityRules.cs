using SealFs.Client;
using SealFs.CsiDriver.Protocol;
using Mode = SealFs.CsiDriver.Protocol.VolumeCapability.Types.AccessMode.Types.Mode;

namespace SealFs.CsiDriver;

/// <summary>Which ways of using a volume there are.</summary>
internal static class CapabilityRules
{
    /// <returns>Why it is refused, or null.</returns>
    public static string? WhyRefused(VolumeCapability? capability, CsiDriverOptions options)
    {
        if (capability is null)
            return "The volume capability is missing.";
        if (capability.AccessTypeCase == VolumeCapability.AccessTypeOneofCase.Block)
            return "SealFS is a file system: it has no block volumes (volumeMode: Filesystem).";
        if (capability.AccessTypeCase != VolumeCapability.AccessTypeOneofCase.Mount)
            return "The access type is missing: mount.";
        if (capability.AccessMode is null || capability.AccessMode.Mode == Mode.Unknown)
            return "The access mode is missing.";
        if (!Enum.IsDefined(capability.AccessMode.Mode))
            return $"There is no access mode {(int)capability.AccessMode.Mode}.";
        if (capability.Mount.FsType is not ("" or "sealfs" or "fuse.sealfs"))
            return $"The file system type is sealfs, not '{capability.Mount.FsType}'; it need not be given.";
        return WhyGroupIsRefused(capability.Mount.VolumeMountGroup) ?? WhyFlagsAreRefused(capability.Mount.MountFlags, options);
    }

    public static bool IsReadOnly(VolumeCapability capability) => capability.AccessMode.Mode is Mode.SingleNodeReaderOnly or Mode.MultiNodeReaderOnly;

    /// <summary>Only one target path may have it.</summary>
    public static bool IsForOnePath(VolumeCapability capability) => capability.AccessMode.Mode == Mode.SingleNodeSingleWriter;

    /// <summary>The group, or null.</summary>
    public static uint? Group(VolumeCapability capability) =>
        capability.Mount.VolumeMountGroup.Length == 0 ? null : uint.Parse(capability.Mount.VolumeMountGroup, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Applies flags that were found good, to what is good for pods.</summary>
    public static MountOptions Apply(MountOptions mount, IEnumerable<string> flags, CsiDriverOptions options) =>
        flags.Aggregate(mount with { OperationTimeoutMs = CsiLimits.OperationTimeoutMs }, options.ApplyMountFlag);

    private static string? WhyGroupIsRefused(string group) =>
        group.Length == 0 || (uint.TryParse(group, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) && id != uint.MaxValue)
            ? null
            : "The volume mount group is no group id.";

    /// <summary>The flags' values are not repeated in the reason: they may be secret.</summary>
    private static string? WhyFlagsAreRefused(IReadOnlyList<string> flags, CsiDriverOptions options)
    {
        if (flags.Sum(flag => flag.Length) > CsiLimits.MaxMountFlagBytes)
            return $"Mount flags have at most {CsiLimits.MaxMountFlagBytes} bytes.";
        var mount = new MountOptions { Volume = "", Directory = "", Managers = [] };
        foreach (var flag in flags)
        {
            try
            {
                mount = options.ApplyMountFlag(mount, flag);
            }
            catch (FormatException)
            {
                return $"The mount option '{flag.Split('=')[0]}' is not known or has a wrong value ('sealfs mount --help' lists them).";
            }
        }
        return WhyMemoryIsRefused(mount, options);
    }

    private static string? WhyMemoryIsRefused(MountOptions mount, CsiDriverOptions options) =>
        mount.WriteBufferBytes + mount.ReadBufferBytes <= options.MountMemoryBytes / 2
            ? null
            : $"write_buffer and read_buffer together have at most {options.MountMemoryBytes / 2} bytes, half of what the driver grants a mount.";
}
