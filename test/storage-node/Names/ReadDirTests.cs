using CsCheck;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Names;

public sealed class ReadDirTests : IAsyncLifetime
{
    private NodeHarness _node = null!;
    private NodeClient _client = null!;

    private InodeId Root => _node.Root;

    public async ValueTask InitializeAsync()
    {
        _node = await NodeHarness.StartAsync();
        _client = await _node.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task An_empty_directory_has_one_empty_page()
    {
        var reply = Listing.Read(await _client.ReadDirAsync(Root), static (in DirectoryEntry _) => { });
        Assert.True(reply.End);
        Assert.Equal(0u, reply.Count);
    }

    [Fact]
    public async Task Pages_hold_every_name_once_whatever_their_size()
    {
        var names = Enumerable.Range(0, 500).Select(number => $"entry-{number}-{new string('x', number % 200)}").ToHashSet();
        foreach (var name in names)
            await _client.CreateAsync(Root, name);
        foreach (var bytes in new uint[] { 0, 4096, 10_000, uint.MaxValue })
        {
            var listed = await Listing.NamesAsync(_client, Root, bytes);
            Assert.Equal(names.Count, listed.Count);
            Assert.Equal(names, [.. listed]);
        }
    }

    [Fact]
    public async Task Attributes_come_with_the_inodes_of_the_shard()
    {
        var file = (await _client.CreateAsync(Root, "file")).As<EntryReply>().Attributes;
        await _client.MkdirAsync(Root, "directory");
        var entries = new Dictionary<InodeId, (bool Has, InodeAttributes Attributes, uint Mode)>();
        Listing.Read(
            await _client.ReadDirAsync(Root, flags: ReadDirFlags.Attributes),
            (in DirectoryEntry entry) => entries.Add(entry.Inode, (entry.HasAttributes, entry.Attributes, entry.Mode)));
        Assert.Equal(2, entries.Count);
        Assert.Equal((true, file), (entries[file.Inode].Has, entries[file.Inode].Attributes));
        var (directory, found) = entries.Single(entry => entry.Key != file.Inode);
        Assert.Equal(directory.Shard == Root.Shard, found.Has);
        Assert.Equal(InodeAttributes.TypeDirectory, found.Mode & InodeAttributes.TypeMask);
    }

    [Theory]
    [InlineData(NodeLimits.ListedWhole, NodeLimits.ListedWhole)]
    [InlineData(NodeLimits.ListedWhole + 1, 0)]
    public async Task A_large_directory_brings_no_attributes_and_a_small_one_all_where_that_is_asked_for(int files, uint attributed)
    {
        for (var number = 0; number < files; number++)
            await _client.CreateAsync(Root, $"file-{number}");
        var with = new List<bool>();
        var reply = Listing.Read(
            await _client.ReadDirAsync(Root, flags: ReadDirFlags.Attributes | ReadDirFlags.UnlessLarge),
            (in DirectoryEntry entry) => with.Add(entry.HasAttributes));
        Assert.Equal((uint)files, reply.Count);
        Assert.Equal(attributed, reply.Attributed);
        Assert.All(with, has => Assert.Equal(attributed > 0, has));
        reply = Listing.Read(await _client.ReadDirAsync(Root, flags: ReadDirFlags.Attributes), static (in DirectoryEntry entry) => Assert.True(entry.HasAttributes));
        Assert.Equal(reply.Count, reply.Attributed);
    }

    [Fact]
    public async Task A_listing_under_churn_has_every_name_that_stays_exactly_once()
    {
        // Some names stay, others come and go between the pages, as the sample says.
        var sample = Gen.Select(Gen.Int[1, 150], Gen.Int[0, 1_000_000], Gen.Select(Gen.Int[0, 60], Gen.Bool).Array[0, 80]);
        var round = 0;
        await sample.SampleAsync(
            async (staying, seed, churn) =>
            {
                var directory = (await _client.MkdirAsync(Root, $"round-{round++}-{seed}")).As<EntryReply>().Attributes.Inode;
                var expected = new HashSet<string>();
                for (var number = 0; number < staying; number++)
                {
                    var name = $"stays-{seed}-{number}-{new string('x', 100)}";
                    expected.Add(name);
                    await _client.CreateAsync(directory, name);
                }

                var listed = await ListWhileAsync(directory, churn);
                return listed.Count(expected.Contains) == staying && expected.IsSubsetOf(listed) && listed.Distinct().Count() == listed.Count;
            },
            iter: 15,
            threads: 1);
    }

    private async Task<List<string>> ListWhileAsync(InodeId directory, (int Name, bool Create)[] churn)
    {
        var names = new List<string>();
        var position = 0ul;
        for (var step = 0; ; step++)
        {
            var reply = Listing.Read(await _client.ReadDirAsync(directory, position, 4096), (in DirectoryEntry entry) =>
            {
                names.Add(System.Text.Encoding.UTF8.GetString(entry.Name));
                position = entry.Position;
            });
            if (reply.End)
                return names;
            foreach (var (name, create) in churn.Skip(step * 10).Take(10))
                _ = create ? await _client.CreateAsync(directory, $"churn-{name}") : await _client.UnlinkAsync(directory, $"churn-{name}");
        }
    }
}
