namespace SealFs.Fuse.Tests;

/// <summary>What a request costs once everything is warm: no allocation at all.</summary>
public sealed class SteadyStateTests : IDisposable
{
    private const int WarmUp = 3_000;
    private const int Measured = 10_000;

    /// <summary>The runtime's own threads allocate a little now and then (tiering, timers): far less than one object per request.</summary>
    private const long ToleratedBytes = Measured * 8;

    private readonly MountedMemory _mount = new(new MemoryFs.MemoryFileSystemOptions
    {
        EntryTimeToLive = TimeSpan.Zero,
        AttributeTimeToLive = TimeSpan.Zero,
        OpenFlags = Abi.FuseOpenFlags.FOPEN_DIRECT_IO,
    });

    public void Dispose() => _mount.Dispose();

    [Fact]
    public void Lookups_and_getattrs_allocate_nothing()
    {
        var path = _mount.File("file", "x"u8);
        AssertAllocatesNothing(() => Posix.Stat(path, out _));
    }

    [Fact]
    public void Reads_and_writes_allocate_nothing()
    {
        var fd = Posix.Open(_mount.File("file", new byte[8192]), Posix.O_RDWR);
        var buffer = new byte[8192];
        AssertAllocatesNothing(() =>
        {
            Posix.Write(fd, buffer, 0);
            Posix.Read(fd, buffer, 0);
        });
        Posix.Close(fd);
    }

    [Fact]
    public void Opening_closing_and_changing_allocate_nothing()
    {
        var path = _mount.File("file", "x"u8);
        AssertAllocatesNothing(() =>
        {
            Posix.Close(Posix.Open(path, Posix.O_RDONLY));
            Posix.ChMod(path, 0x1A4);
        });
    }

    private static void AssertAllocatesNothing(Action operation)
    {
        for (var i = 0; i < WarmUp; i++) operation();
        var fewest = long.MaxValue;
        for (var attempt = 0; attempt < 5 && fewest > ToleratedBytes; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Measured; i++) operation();
            fewest = Math.Min(fewest, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.True(fewest <= ToleratedBytes, $"{fewest} bytes for {Measured} operations");
    }
}
