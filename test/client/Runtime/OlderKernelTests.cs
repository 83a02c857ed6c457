using SealFs.Client.Runtime;
using SealFs.Fuse;
using SealFs.Fuse.Abi;

namespace SealFs.Client.Tests.Runtime;

public sealed class OlderKernelTests
{
    private static readonly MountOptions s_options = new() { Volume = "v", Directory = "/mnt", Managers = ["localhost:7400"] };

    [Fact]
    public void Withheld_flags_are_named_in_the_environment()
    {
        Assert.Equal(FuseInitFlags.None, WithheldCapabilities.Parse(null));
        Assert.Equal(FuseInitFlags.FUSE_HAS_RESEND | FuseInitFlags.FUSE_INIT_EXT, WithheldCapabilities.Parse("FUSE_HAS_RESEND,FUSE_INIT_EXT"));
        Assert.Contains("FUSE_TELEPATHY", Assert.Throws<InvalidDataException>(() => WithheldCapabilities.Parse("FUSE_TELEPATHY")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_room_for_requests_only_where_the_kernel_cannot_send_them_again()
    {
        var newer = ClientRuntime.ArenaBytesFor(s_options, Negotiated(FuseInitFlags.FUSE_HAS_RESEND));
        var older = ClientRuntime.ArenaBytesFor(s_options, Negotiated(FuseInitFlags.None));
        Assert.InRange(older - newer, 48L << 20, 64L << 20);
    }

    private static FuseNegotiated Negotiated(FuseInitFlags flags) =>
        new() { Minor = 40, Flags = flags, KernelFlags = flags, MaxTransferBytes = 1 << 20, MaxReadaheadBytes = 1 << 17, TimeGranularityNs = 1 };
}
