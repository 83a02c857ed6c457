using SealFs.Cli.Mounts;
using SealFs.Client;

namespace SealFs.CsiDriver.Tests.Node;

/// <summary>What a mount for pods has that others have not.</summary>
public sealed class MountOptionTests
{
    private static readonly MountOptions s_mount = new() { Volume = "v", Directory = "/mnt", Managers = ["m:1"] };

    [Fact]
    public void Applications_wait_ten_minutes_for_a_node_unless_the_class_says_otherwise()
    {
        Assert.Equal(600_000, Apply().OperationTimeoutMs);
        Assert.Equal(600_000, Apply("attr_timeout=5s").OperationTimeoutMs);
        Assert.Equal(90_000, Apply("op_timeout=90s").OperationTimeoutMs);
    }

    private static MountOptions Apply(params string[] flags) => CapabilityRules.Apply(s_mount, flags, new CsiDriverOptions { Mode = CsiMode.Node, SocketPath = "", Managers = [], ApplyMountFlag = MountOptionParser.Apply });
}
