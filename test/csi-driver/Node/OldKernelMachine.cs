namespace SealFs.CsiDriver.Tests.Node;

/// <summary>A machine whose kernel counts as one before 6.2: it has nothing that is announced in flags2 of FUSE_INIT, and cannot send requests again.</summary>
public sealed class OldKernelMachine : NodeMachine
{
    protected override IReadOnlyDictionary<string, string> MountdEnvironment { get; } = new Dictionary<string, string> { ["SEALFS_TEST_WITHHELD_FUSE_FLAGS"] = "FUSE_INIT_EXT" };
}
