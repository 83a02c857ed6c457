using System.Globalization;
using SealFs.Core;
using SealFs.Core.Messages;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Several clients that rename, link, make and remove in the same few places at once. A failing seed is printed and can be given again.</summary>
public sealed class StormTests(ITestOutputHelper output)
{
    private const uint NoReplace = 1;
    private const uint Exchange = 2;

    private readonly int _seed = int.TryParse(
        Environment.GetEnvironmentVariable("SEALFS_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : Random.Shared.Next();

    [Fact]
    public async Task No_file_is_lost_or_doubled_when_clients_rename_at_once()
    {
        const int Files = 40;
        output.WriteLine($"seed {_seed}");
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 6);
        var files = new HashSet<InodeId>();
        for (var index = 0; index < Files; index++)
            files.Add((await client.CreateAsync(directories[index % 6], $"file{index}")).Attributes.Inode);

        // Names are unique per file and nothing is replaced, so that every file has to be somewhere at the end.
        await StormAsync(cluster, 4, 150, async (peer, random) =>
        {
            var (from, to) = (directories[random.Next(6)], directories[random.Next(6)]);
            var name = $"file{random.Next(Files)}";
            var status = random.Next(4) == 0
                ? await peer.RenameAsync(from, name, to, $"file{random.Next(Files)}", Exchange)
                : await peer.RenameAsync(from, name, to, name, NoReplace);
            Assert.Contains(status, new[] { Errno.None, Errno.ENOENT, Errno.EEXIST });
        });
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(files, state.Inodes.Values.Where(row => !row.IsDirectory).Select(row => row.Id).ToHashSet());
        Assert.Equal(Files + 6, state.Dentries);
    }

    [Fact]
    public async Task Directories_never_form_a_loop_when_clients_rename_at_once()
    {
        const int Directories = 12;
        output.WriteLine($"seed {_seed}");
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        var all = new List<InodeId> { client.Root };
        for (var index = 0; index < Directories; index++)
            all.Add((await client.MkdirAsync(all[Random.Shared.Next(all.Count)], $"n{index}")).Attributes.Inode);

        var moved = 0;
        await StormAsync(cluster, 4, 100, async (peer, random) =>
        {
            // A directory keeps its name wherever it goes, so that nothing is replaced.
            var name = $"n{random.Next(Directories)}";
            var status = await peer.RenameAsync(all[random.Next(all.Count)], name, all[random.Next(all.Count)], name);
            Assert.Contains(status, new[] { Errno.None, Errno.ENOENT, Errno.EINVAL });
            if (status == Errno.None)
                Interlocked.Increment(ref moved);
        });
        var state = await cluster.StopAndCheckAsync();
        state.AssertConsistent();
        Assert.Equal(Directories + 1, state.Inodes.Count);
        Assert.True(moved > 0);
    }

    [Fact]
    public async Task Two_directories_are_never_moved_into_each_other()
    {
        await using var cluster = TestCluster.Start();
        await using var client = cluster.Client();
        await using var peer = cluster.Client();
        for (var round = 0; round < 60; round++)
        {
            // Below two more directories each, so that the walks to the root take a while.
            var first = await ChainAsync(client, $"a{round}");
            var second = await ChainAsync(client, $"b{round}");
            var moves = await Task.WhenAll(
                client.RenameAsync(client.Root, $"a{round}", second, "moved"),
                peer.RenameAsync(client.Root, $"b{round}", first, "moved"));
            Assert.Equal([Errno.None, Errno.EINVAL], moves.Order());
        }

        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Everything_at_once_leaves_a_sound_tree()
    {
        output.WriteLine($"seed {_seed}");
        await using var cluster = TestCluster.Start(splitThreshold: 12);
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 4);
        var allowed = new[] { Errno.None, Errno.ENOENT, Errno.EEXIST, Errno.ENOTEMPTY, Errno.EISDIR, Errno.ENOTDIR, Errno.EINVAL, Errno.EPERM };
        await StormAsync(cluster, 6, 150, async (peer, random) =>
        {
            var status = await AnythingAsync(peer, directories[random.Next(4)], directories[random.Next(4)], random);
            Assert.Contains(status, allowed);
        });
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    [Fact]
    public async Task Everything_at_once_survives_nodes_that_are_killed()
    {
        output.WriteLine($"seed {_seed}");
        await using var cluster = TestCluster.StartChildren(splitThreshold: 12);
        await using var client = cluster.Client();
        var directories = await DirectoriesAsync(client, 4);
        using var stop = new CancellationTokenSource();
        var storm = StormAsync(cluster, 4, int.MaxValue, async (peer, random) =>
        {
            await AnythingAsync(peer, directories[random.Next(4)], directories[random.Next(4)], random);
        }, stop.Token);
        var killer = new Random(_seed);
        for (var kill = 0; kill < 8; kill++)
        {
            await Task.Delay(killer.Next(50, 400), TestContext.Current.CancellationToken);
            var victim = cluster.Layout.NodeIds.ElementAt(killer.Next(cluster.Layout.Nodes));
            await cluster.StopAsync(victim);
            cluster.StartChild(victim);
        }

        await stop.CancelAsync();
        await storm;
        (await cluster.StopAndCheckAsync()).AssertConsistent();
    }

    private static async Task<Errno> AnythingAsync(TestClient peer, InodeId first, InodeId second, Random random)
    {
        var (name, other) = ($"x{random.Next(40)}", $"x{random.Next(40)}");
        switch (random.Next(8))
        {
            case 0 or 1:
                return (await peer.CreateAsync(first, name)).Status;
            case 2 or 3:
                return (await peer.MkdirAsync(first, name)).Status;
            case 4:
                return await peer.UnlinkAsync(first, name);
            case 5:
                return await peer.RmdirAsync(first, name);
            case 6:
                return await peer.RenameAsync(first, name, second, other, random.Next(3) == 0 ? Exchange : 0);
            default:
                var (status, found) = await peer.LookupAsync(first, name);
                return status == Errno.None ? (await peer.LinkAsync(found.Inode, second, other)).Status : status;
        }
    }

    private async Task StormAsync(TestCluster cluster, int clients, int operations, Func<TestClient, Random, Task> operation, CancellationToken stop = default)
    {
        var storms = Enumerable.Range(0, clients).Select(async number =>
        {
            await using var peer = cluster.Client();
            var random = new Random(_seed + number);
            for (var index = 0; index < operations && !stop.IsCancellationRequested; index++)
                await operation(peer, random);
        });
        await Task.WhenAll(storms.ToList());
    }

    /// <summary>A directory of the root with others below; the lowest of them.</summary>
    private static async Task<InodeId> ChainAsync(TestClient client, string name)
    {
        var directory = (await client.MkdirAsync(client.Root, name)).Attributes.Inode;
        for (var depth = 0; depth < 3; depth++)
            directory = (await client.MkdirAsync(directory, "below")).Attributes.Inode;
        return directory;
    }

    private static async Task<List<InodeId>> DirectoriesAsync(TestClient client, int count)
    {
        var directories = new List<InodeId>();
        for (var index = 0; index < count; index++)
            directories.Add((await client.MkdirAsync(client.Root, $"d{index}")).Attributes.Inode);
        return directories;
    }
}
