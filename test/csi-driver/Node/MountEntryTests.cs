using SealFs.CsiDriver.Node;

namespace SealFs.CsiDriver.Tests.Node;

public sealed class MountEntryTests
{
    [Fact]
    public void A_line_of_mountinfo_is_understood()
    {
        var entry = MountEntry.Parse(@"36 35 0:98 / /var/lib/ku\040belet/x\134y ro,nosuid,nodev master:1 - fuse.sealfs photos rw,user_id=0");
        Assert.Equal(new MountEntry("0:98", @"/var/lib/ku belet/x\y", true, "fuse.sealfs", "photos"), entry);
        Assert.Equal(98U, entry!.ConnectionId);
        Assert.False(MountEntry.Parse("36 35 8:1 / / rw - ext4 /dev/sda1 rw")!.IsReadOnly);
        Assert.Null(MountEntry.Parse(""));
        Assert.Null(MountEntry.Parse("1 2 3"));
    }
}
