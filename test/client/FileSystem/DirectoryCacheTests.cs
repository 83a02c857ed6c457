using SealFs.Client.FileSystem;
using SealFs.Core;
using SealFs.Core.Messages;
using Xunit;

namespace SealFs.Client.Tests.FileSystem;

/// <summary>What is believed of a directory between two answers of its servers.</summary>
public sealed class DirectoryCacheTests
{
    private static readonly InodeId s_directory = InodeId.Create(new ShardId(3), 100);

    [Fact]
    public void An_entry_that_came_or_went_is_counted_on()
    {
        var cache = new DirectoryCache(60_000);
        cache.Put(Attributes(entries: 10_000, version: 7));
        cache.CountOn(s_directory, 1, 1);
        cache.CountOn(s_directory, 1, 0);
        cache.CountOn(s_directory, -1, 0);
        Assert.True(cache.TryGet(s_directory, out var known));
        Assert.Equal(10_001ul * 32, known.SizeBytes);
        Assert.Equal(3u, known.LinkCount);
        Assert.Equal(10ul, known.Version);
        Assert.Equal(1_003, known.ModifyTimeNs);
        Assert.Equal(1_003, known.ChangeTimeNs);
    }

    [Fact]
    public void A_small_directory_stays_at_the_least_size()
    {
        var cache = new DirectoryCache(60_000);
        cache.Put(Attributes(entries: 0, version: 1));
        cache.CountOn(s_directory, -1, -1);
        Assert.True(cache.TryGet(s_directory, out var known));
        Assert.Equal(4096ul, known.SizeBytes);
        Assert.Equal(2u, known.LinkCount);
    }

    [Fact]
    public void Counting_on_does_not_make_it_younger_nor_known()
    {
        var cache = new DirectoryCache(0);
        cache.Put(Attributes(entries: 10_000, version: 7));
        cache.CountOn(s_directory, 1, 0);
        Assert.False(cache.TryGet(s_directory, out _));

        var empty = new DirectoryCache(60_000);
        empty.CountOn(s_directory, 1, 0);
        Assert.False(empty.TryGet(s_directory, out _));
    }

    [Fact]
    public void What_a_server_says_afterwards_replaces_it()
    {
        var cache = new DirectoryCache(60_000);
        cache.Put(Attributes(entries: 10_000, version: 7));
        cache.CountOn(s_directory, 1, 0);
        cache.Put(Attributes(entries: 10_005, version: 12));
        Assert.True(cache.TryGet(s_directory, out var known));
        Assert.Equal(10_005ul * 32, known.SizeBytes);
        Assert.Equal(12ul, known.Version);
    }

    private static InodeAttributes Attributes(ulong entries, ulong version) => new()
    {
        Inode = s_directory,
        Mode = InodeAttributes.TypeDirectory | 0x1ED,
        LinkCount = 2,
        SizeBytes = Math.Max(4096, entries * 32),
        ModifyTimeNs = 1_000,
        ChangeTimeNs = 1_000,
        Version = version,
    };
}
