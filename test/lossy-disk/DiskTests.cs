using System.Runtime.InteropServices;
using Xunit;

namespace SealFs.LossyDisk.Tests;

/// <summary>The lossy disk itself: what it keeps, loses and refuses.</summary>
public sealed partial class DiskTests : IAsyncLifetime
{
    private const int EIO = 5;
    private const int ENOSPC = 28;

    private Disk _disk = null!;

    public async ValueTask InitializeAsync() => _disk = await Disk.MountAsync();

    public ValueTask DisposeAsync() => _disk.DisposeAsync();

    [Fact]
    public async Task What_was_synced_stays_and_what_was_not_goes()
    {
        Write("synced", "first", sync: true);
        Write("unsynced", "second", sync: false);
        Assert.Equal("second", File.ReadAllText(In("unsynced")));

        await _disk.CommandAsync("lose all");

        Assert.Equal("first", File.ReadAllText(In("synced")));
        Assert.False(File.Exists(In("unsynced")));
    }

    [Fact]
    public async Task An_overwrite_that_was_not_synced_is_undone()
    {
        Write("file", "old", sync: true);
        Write("file", "new", sync: false);

        await _disk.CommandAsync("lose all");

        Assert.Equal("old", File.ReadAllText(In("file")));
    }

    [Fact]
    public async Task A_sync_takes_earlier_changes_of_names_along_but_not_the_bytes_of_other_files()
    {
        Write("a", "content", sync: false);
        File.Move(In("a"), In("b"));
        Write("c", "content", sync: true);

        await _disk.CommandAsync("lose all");

        Assert.Equal(["b", "c"], Names());
        Assert.Equal("", File.ReadAllText(In("b")));
    }

    [Fact]
    public async Task A_sync_of_the_file_system_takes_everything()
    {
        Write("a", "content", sync: false);
        SyncFileSystem(In("a"));
        Assert.Equal(0, await _disk.AskAsync("unsynced"));

        await _disk.CommandAsync("lose all");

        Assert.Equal("content", File.ReadAllText(In("a")));
    }

    [Fact]
    public async Task A_removed_name_is_back_until_the_removal_was_synced()
    {
        Write("a", "content", sync: true);
        File.Delete(In("a"));

        await _disk.CommandAsync("lose all");

        Assert.Equal("content", File.ReadAllText(In("a")));
    }

    [Fact]
    public async Task After_a_sync_that_failed_the_next_succeeds_without_writing()
    {
        Write("a", "old", sync: true);
        await _disk.CommandAsync("fail fsync a EIO count=1");
        using (var file = new FileStream(In("a"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            file.Write("new"u8);
            Assert.Equal(EIO, Sync(file));
            Assert.Equal(0, Sync(file));
        }

        Assert.Equal("new", File.ReadAllText(In("a")));
        Assert.Equal(1, await _disk.AskAsync("hits"));

        await _disk.CommandAsync("lose all");

        Assert.Equal("old", File.ReadAllText(In("a")));
    }

    [Theory]
    [InlineData("pages")]
    [InlineData("torn")]
    public async Task Of_many_pages_some_are_kept(string how)
    {
        const int pages = 64;
        var page = new byte[4096];
        using (var file = new FileStream(In("a"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            for (var i = 0; i < pages; i++)
                file.Write(page);
            Assert.Equal(0, Sync(file));
            page.AsSpan().Fill(1);
            for (var i = 0; i < pages; i++)
                RandomAccess.Write(file.SafeFileHandle, page, i * 4096L);
        }

        await _disk.CommandAsync($"lose {how} 7");

        var kept = File.ReadAllBytes(In("a"));
        Assert.Equal(pages * 4096, kept.Length);
        var sums = Enumerable.Range(0, pages).Select(i => kept.AsSpan(i * 4096, 4096).Count((byte)1)).ToArray();
        Assert.Contains(0, sums);
        Assert.Contains(4096, sums);
        Assert.Equal(how == "torn", sums.Contains(2048));
    }

    [Fact]
    public async Task A_rule_skips_calls_and_ends()
    {
        Write("a", "x", sync: false);
        await _disk.CommandAsync("fail write a ENOSPC skip=1 count=2");
        using var file = new FileStream(In("a"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        Assert.Equal([0, ENOSPC, ENOSPC, 0], Enumerable.Range(0, 4).Select(_ => TryWrite(file)));
    }

    [Fact]
    public async Task A_short_write_takes_half()
    {
        Write("a", "x", sync: false);
        await _disk.CommandAsync("fail write a short count=1");
        using var file = new FileStream(In("a"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        Assert.Equal(50, Write(file.SafeFileHandle, new byte[100], 100, 0));
    }

    [Fact]
    public async Task A_full_disk_refuses_until_it_is_larger()
    {
        Write("a", "x", sync: false);
        await _disk.CommandAsync("capacity 4096");
        using var file = new FileStream(In("a"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        Assert.Equal(ENOSPC, TryWrite(file));
        await _disk.CommandAsync("capacity 1000000");
        Assert.Equal(0, TryWrite(file));
    }

    private string In(string name) => Path.Combine(_disk.Root, name);

    private IEnumerable<string?> Names() => Directory.EnumerateFileSystemEntries(_disk.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private void Write(string name, string content, bool sync)
    {
        using var file = new FileStream(In(name), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, 0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(content));
        if (sync)
            Assert.Equal(0, Sync(file));
    }

    private static int TryWrite(FileStream file) => Write(file.SafeFileHandle, [1], 1, 0) == 1 ? 0 : Marshal.GetLastPInvokeError();

    private static int Sync(FileStream file) => FSync(file.SafeFileHandle) == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static void SyncFileSystem(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Assert.Equal(0, SyncFs(file));
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeHandle descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeHandle descriptor);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    private static partial nint Write(SafeHandle descriptor, byte[] bytes, nuint length, long offset);
}
