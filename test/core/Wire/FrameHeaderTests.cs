using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Wire;

public sealed class FrameHeaderTests
{
    private static readonly FrameHeader Sample = new()
    {
        Length = 100,
        Version = FrameHeader.CurrentVersion,
        Flags = FrameFlags.Resent | FrameFlags.Compound,
        Opcode = Opcode.Create,
        RequestId = 0x0102030405060708,
        Session = new(0x1112131415161718),
        Sequence = new(0x2122232425262728),
        Shard = new(0x31323334),
        Epoch = new(0x41424344),
        BodyLength = 20,
        PayloadLength = 16,
        StatusOrSlot = 0x7FFE_0003,
        TimeoutMs = 60_000,
        Volume = new(0x51525354),
    };

    [Fact]
    public void Reads_back_what_it_wrote()
    {
        var bytes = new byte[FrameHeader.Size];
        Sample.Write(bytes);
        Assert.Equal(Sample, FrameHeader.Read(bytes));
    }

    /// <summary>The layout is the protocol: a change of any byte breaks clients in other languages.</summary>
    [Fact]
    public void Layout_is_pinned()
    {
        var bytes = new byte[FrameHeader.Size];
        Sample.Write(bytes);
        Assert.Equal(
            "64000000" + "04" + "06" + "0D00" + "0807060504030201" + "1817161514131211" + "2827262524232221" + "34333231" + "44434241"
            + "14000000" + "10000000" + "0300FE7F" + "60EA0000" + "54535251" + "00000000",
            Convert.ToHexString(bytes));
    }

    [Fact]
    public void Slot_and_generation_share_the_status_field()
    {
        Assert.Equal(3, Sample.Slot);
        Assert.Equal(0x7FFE, Sample.Generation);
    }
}
