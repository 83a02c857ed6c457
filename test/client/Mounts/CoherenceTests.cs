namespace SealFs.Client.Tests.Mounts;

/// <summary>Two mounts of one volume, and nodes that come back.</summary>
public sealed class CoherenceTests
{
    [Fact]
    public async Task What_one_closes_the_other_opens_and_sees()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var one = await cluster.MountAsync();
        await using var two = await cluster.MountAsync();
        var seed = new Random(7);
        for (var round = 0; round < 30; round++)
        {
            var (writer, reader) = round % 2 == 0 ? (one, two) : (two, one);
            var data = new byte[seed.Next(1, round % 5 == 0 ? 6_000_000 : 30_000)];
            seed.NextBytes(data);
            await File.WriteAllBytesAsync(Path.Combine(writer.Directory, "shared"), data, TestContext.Current.CancellationToken);
            Assert.Equal(data, await File.ReadAllBytesAsync(Path.Combine(reader.Directory, "shared"), TestContext.Current.CancellationToken));
        }
        Assert.False(File.Exists(Path.Combine(two.Directory, "later")));
        await File.WriteAllTextAsync(Path.Combine(one.Directory, "later"), "x", TestContext.Current.CancellationToken);
        Assert.True(File.Exists(Path.Combine(two.Directory, "later")));
    }

    /// <summary>Each fills a directory alone, believes what it knows of it, and finds what the other adds all the same.</summary>
    [Fact]
    public async Task What_one_adds_to_a_directory_that_the_other_fills_is_found_at_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var one = await cluster.MountAsync();
        await using var two = await cluster.MountAsync();
        for (var round = 0; round < 20; round++)
        {
            var (filler, other) = round % 2 == 0 ? (one, two) : (two, one);
            var mine = Directory.CreateDirectory(Path.Combine(filler.Directory, $"filled-{round}")).FullName;
            var theirs = Path.Combine(other.Directory, $"filled-{round}");
            for (var number = 0; number < 20; number++)
                File.WriteAllText(Path.Combine(mine, $"mine-{number}"), "x");
            Assert.False(File.Exists(Path.Combine(mine, "theirs")));
            switch (round % 4)
            {
                case 0 or 1:
                    File.WriteAllText(Path.Combine(theirs, "theirs"), "x");
                    break;
                case 2:
                    File.Move(Path.Combine(theirs, "mine-0"), Path.Combine(theirs, "theirs"));
                    break;
                default:
                    Directory.CreateDirectory(Path.Combine(theirs, "theirs"));
                    break;
            }
            Assert.True(Path.Exists(Path.Combine(mine, "theirs")));
            File.WriteAllText(Path.Combine(mine, "later"), "x");
            Assert.True(File.Exists(Path.Combine(theirs, "later")));
            Assert.True(Path.Exists(Path.Combine(mine, "theirs")));
        }
    }

    [Fact]
    public async Task Who_fills_a_directory_alone_asks_for_no_name_that_is_not_there()
    {
        const int Count = 400;
        await using var cluster = await TestCluster.StartAsync();
        await using var mount = await cluster.MountAsync();
        var directory = Directory.CreateDirectory(Path.Combine(mount.Directory, "filled")).FullName;
        using var counts = new OperationCounts();
        for (var number = 0; number < Count; number++)
            File.WriteAllText(Path.Combine(directory, $"file-{number}"), "x");
        TestContext.Current.TestOutputHelper!.WriteLine(counts.ToString());

        // A lease runs out where the machine pauses.
        Assert.InRange(counts.Of("Lookup"), 0, Count / 2);
        Assert.Equal(Count, counts.Of("Create"));
    }

    [Fact]
    public async Task Operations_wait_for_a_node_and_open_files_survive_its_restart()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 1);
        await using var mount = await cluster.MountAsync();
        var path = Path.Combine(mount.Directory, "f");
        await using (var open = new FileStream(path, FileMode.Create, FileAccess.ReadWrite))
        {
            await open.WriteAsync("before"u8.ToArray(), TestContext.Current.CancellationToken);
            open.Flush(flushToDisk: true);
            File.Delete(path);
            var restart = cluster.RestartNodeAsync(0);
            var made = Task.Run(() => File.WriteAllText(Path.Combine(mount.Directory, "during"), "x"), TestContext.Current.CancellationToken);
            await restart;
            await made;
            open.Position = 0;
            var buffer = new byte[6];
            await open.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
            Assert.Equal("before"u8, buffer);
        }
        Assert.Equal(["during"], Directory.GetFileSystemEntries(mount.Directory).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_read_only_mount_refuses_changes()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 1);
        await using var mount = await cluster.MountAsync(options => options with { ReadOnly = true });
        Assert.Throws<IOException>(() => File.WriteAllText(Path.Combine(mount.Directory, "f"), "x"));
        Assert.Empty(Directory.GetFileSystemEntries(mount.Directory));
    }
}
