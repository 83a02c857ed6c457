using SealFs.Fuse.Abi;

namespace SealFs.Fuse.Tests;

/// <summary>With everything cached for an hour, only a notification makes the kernel ask again.</summary>
public sealed class NotificationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MountedScript _mount = new();
    private readonly ScriptedFileSystem _files = new();
    private readonly FuseNotifier _notifier;

    public NotificationTests() => _notifier = _mount.Serve(_files).Notifier;

    public void Dispose() => _mount.Dispose();

    [Fact]
    public void Invalidating_an_inode_drops_its_attributes()
    {
        Assert.Equal(7ul, Posix.Stat(_mount.File).Size);
        _files.Size = 9;
        Assert.Equal(7ul, Posix.Stat(_mount.File).Size);
        Assert.Equal(0, _notifier.InvalidateInode(ScriptedFileSystem.FileNode, -1, 0));
        Assert.Equal(9ul, Posix.Stat(_mount.File).Size);
    }

    [Fact]
    public void Invalidating_an_inode_drops_its_pages()
    {
        _files.OpenFlags = FuseOpenFlags.FOPEN_KEEP_CACHE;
        Assert.Equal(7, _mount.Read(new byte[8]));
        Assert.Equal(7, _mount.Read(new byte[8]));
        Assert.Equal(1, _files.Reads);
        Assert.Equal(0, _notifier.InvalidateInode(ScriptedFileSystem.FileNode, 0, 0));
        Assert.Equal(7, _mount.Read(new byte[8]));
        Assert.Equal(2, _files.Reads);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Invalidating_an_entry_makes_the_kernel_look_it_up_again(bool expireOnly)
    {
        LookedUpOnce();
        Assert.Equal(0, _notifier.InvalidateEntry(FuseProtocol.FUSE_ROOT_ID, "f"u8, expireOnly));
        Posix.Stat(_mount.File);
        Assert.Equal(2, _files.Lookups);
    }

    [Fact]
    public void Deleting_an_entry_makes_the_kernel_look_it_up_again()
    {
        LookedUpOnce();
        Assert.Equal(0, _notifier.Delete(FuseProtocol.FUSE_ROOT_ID, ScriptedFileSystem.FileNode, "f"u8));
        Posix.Stat(_mount.File);
        Assert.Equal(2, _files.Lookups);
    }

    [Fact]
    public void A_new_epoch_makes_every_name_stale()
    {
        LookedUpOnce();
        var errno = _notifier.IncrementEpoch();
        Assert.SkipWhen(errno == FuseErrno.EINVAL, "this kernel is older than 6.16");
        Assert.Equal(0, errno);
        Posix.Stat(_mount.File);
        Assert.Equal(2, _files.Lookups);
    }

    [Fact]
    public void Pruning_brings_a_forget()
    {
        LookedUpOnce();
        var errno = _notifier.Prune([ScriptedFileSystem.FileNode]);
        Assert.SkipWhen(errno == FuseErrno.EINVAL, "this kernel is older than 6.18");
        Assert.Equal(0, errno);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _files.Forgets) == 1, Patience));
    }

    [Fact]
    public unsafe void Stored_data_is_read_without_a_request()
    {
        _files.OpenFlags = FuseOpenFlags.FOPEN_KEEP_CACHE;
        LookedUpOnce();
        var page = new byte[7];
        "stored!"u8.CopyTo(page);
        fixed (byte* start = page) Assert.Equal(0, _notifier.Store(ScriptedFileSystem.FileNode, 0, start, page.Length));
        var buffer = new byte[8];
        Assert.Equal(7, _mount.Read(buffer));
        Assert.Equal("stored!"u8, buffer.AsSpan(0, 7));
        Assert.Equal(0, _files.Reads);
    }

    [Fact]
    public void What_the_kernel_does_not_know_is_ENOENT()
    {
        Assert.Equal(FuseErrno.ENOENT, _notifier.InvalidateInode(12345, 0, 0));
        Assert.Equal(FuseErrno.ENOENT, _notifier.InvalidateEntry(FuseProtocol.FUSE_ROOT_ID, "never-seen"u8));
    }

    private void LookedUpOnce()
    {
        Posix.Stat(_mount.File);
        Posix.Stat(_mount.File);
        Assert.Equal(1, _files.Lookups);
    }
}
