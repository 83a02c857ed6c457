using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SealFs.Client.Tests.Mounts;

/// <summary>Listings that bring the attributes of what lives in other shards.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class ListingTests
{
    private const int Shards = 64;

    [Fact]
    public async Task Subdirectories_come_with_their_attributes_one_request_for_each_shard()
    {
        const int Count = 400;
        await using var cluster = await TestCluster.StartAsync();
        await using (var made = await cluster.MountAsync())
        {
            for (var number = 0; number < Count; number++)
            {
                var path = Path.Combine(made.Directory, "parent", $"directory-{number}");
                Directory.CreateDirectory(path, ModeOf(number));
                if (number % 2 == 0)
                    Directory.CreateDirectory(Path.Combine(path, "inner"));
            }
        }

        await using var mount = await cluster.MountAsync(WithAttributes);
        using var counts = new OperationCounts();
        var entries = List(Path.Combine(mount.Directory, "parent"));
        TestContext.Current.TestOutputHelper!.WriteLine(counts.ToString());
        Assert.Equal(Count, entries.Count);
        for (var number = 0; number < Count; number++)
            Assert.Equal(ModeOf(number), entries[$"directory-{number}"].UnixFileMode);
        Assert.InRange(counts.Of("Compound"), 1, Shards);
        Assert.InRange(counts.Of("Lookup") + counts.Of("GetAttr"), 0, 10);
    }

    [Fact]
    public async Task A_split_directory_and_hard_links_come_with_their_attributes()
    {
        const int Count = 9_000;
        const int Siblings = 1_000;
        await using var cluster = await TestCluster.StartAsync();
        await using (var made = await cluster.MountAsync())
        {
            var parent = Directory.CreateDirectory(Path.Combine(made.Directory, "parent")).FullName;
            await Parallel.ForAsync(0, Count, TestContext.Current.CancellationToken, async (number, cancellation) =>
                await File.WriteAllBytesAsync(Path.Combine(parent, $"file-{number}"), new byte[number % 100], cancellation));
        }

        await using var mount = await cluster.MountAsync(LongTimeouts);
        for (var number = 0; number < Siblings; number++)
            Directory.CreateDirectory(Path.Combine(mount.Directory, $"sibling-{number}"), ModeOf(number));
        var split = Path.Combine(mount.Directory, "parent");
        var links = Directory.CreateDirectory(Path.Combine(mount.Directory, "links")).FullName;
        for (var number = 0; number < 200; number++)
            Assert.Equal(0, Link(Path.Combine(split, $"file-{number}"), Path.Combine(links, $"link-{number}")));
        await using var cold = await cluster.MountAsync(WithAttributes);
        using var counts = new OperationCounts();
        var entries = List(Path.Combine(cold.Directory, "parent"));
        var linked = List(Path.Combine(cold.Directory, "links"));

        // The split directory is refused in the compound of its shard, and must not take the others of that shard with it.
        var siblings = List(cold.Directory, "sibling-*");
        TestContext.Current.TestOutputHelper!.WriteLine(counts.ToString());
        Assert.Equal(Count, entries.Count);
        for (var number = 0; number < Count; number++)
            Assert.Equal(number % 100, entries[$"file-{number}"].Length);
        for (var number = 0; number < 200; number++)
            Assert.Equal(number % 100, linked[$"link-{number}"].Length);
        for (var number = 0; number < Siblings; number++)
            Assert.Equal(ModeOf(number), siblings[$"sibling-{number}"].UnixFileMode);
        Assert.True(counts.Of("Compound") > 0);
        Assert.InRange(counts.Of("Lookup") + counts.Of("GetAttr"), 0, 10);
    }

    [Fact]
    public async Task Of_a_large_directory_names_come_without_asking_for_the_rest()
    {
        const int Count = 600;
        await using var cluster = await TestCluster.StartAsync();
        await using (var made = await cluster.MountAsync())
        {
            for (var number = 0; number < Count; number++)
                Directory.CreateDirectory(Path.Combine(made.Directory, "parent", $"directory-{number}"), ModeOf(number));
        }

        await using var mount = await cluster.MountAsync();
        using var counts = new OperationCounts();
        var names = NamesOf(Path.Combine(mount.Directory, "parent"));
        TestContext.Current.TestOutputHelper!.WriteLine(counts.ToString());
        Assert.Equal(Enumerable.Range(0, Count).Select(number => $"directory-{number}").ToHashSet(), names);
        Assert.InRange(counts.Of("ReadDir"), 1, 4);
        Assert.InRange(counts.Of("Compound") + counts.Of("Lookup") + counts.Of("GetAttr"), 0, 10);
    }

    [Fact]
    public async Task Who_looks_at_the_entries_of_a_large_directory_is_given_them_by_listings()
    {
        const int Count = 600;
        await using var cluster = await TestCluster.StartAsync();
        await using (var made = await cluster.MountAsync())
        {
            foreach (var parent in new[] { "one", "two" })
            {
                Directory.CreateDirectory(Path.Combine(made.Directory, parent));
                for (var number = 0; number < Count; number++)
                    File.WriteAllBytes(Path.Combine(made.Directory, parent, $"file-{number}"), new byte[number]);
                for (var number = 0; number < Count; number++)
                    Directory.CreateDirectory(Path.Combine(made.Directory, parent, $"directory-{number}"), ModeOf(number));
            }
        }

        // A directory at a time, so that what is known of the one tells what is wanted of the other. The age of what came ahead is bounded by a second, whatever else the machine does.
        await using var mount = await cluster.MountAsync();
        foreach (var (parent, allowed) in new[] { ("one", Count), ("two", Count / 4) })
        {
            using var counts = new OperationCounts();
            var directory = Path.Combine(mount.Directory, parent);
            foreach (var name in NamesOf(directory))
            {
                var number = int.Parse(name.AsSpan(name.IndexOf('-') + 1), System.Globalization.CultureInfo.InvariantCulture);
                var entry = new FileInfo(Path.Combine(directory, name));
                if (name[0] == 'f')
                    Assert.Equal(number, entry.Length);
                else
                    Assert.Equal(ModeOf(number), entry.UnixFileMode);
            }
            TestContext.Current.TestOutputHelper!.WriteLine($"{parent}: {counts}");
            Assert.InRange(counts.Of("Lookup"), 0, allowed);
        }
    }

    /// <summary>What came ahead is from before the change, which was made by another name: the kernel had not asked for this one.</summary>
    [Fact]
    public async Task What_this_client_changed_is_not_taken_from_what_came_ahead()
    {
        const int Count = 600;
        await using var cluster = await TestCluster.StartAsync();
        await using (var made = await cluster.MountAsync())
        {
            var parent = Directory.CreateDirectory(Path.Combine(made.Directory, "parent")).FullName;
            for (var number = 0; number < Count; number++)
                File.WriteAllBytes(Path.Combine(parent, $"file-{number}"), []);
            Directory.CreateDirectory(Path.Combine(made.Directory, "links"));
            for (var number = 0; number < Count; number++)
                Assert.Equal(0, Link(Path.Combine(parent, $"file-{number}"), Path.Combine(made.Directory, "links", $"link-{number}")));
        }

        await using var mount = await cluster.MountAsync();
        for (var round = 1; round <= 5; round++)
        {
            var names = NamesOf(Path.Combine(mount.Directory, "parent")).ToList();
            foreach (var name in names.Take(20))
                Assert.True(File.Exists(Path.Combine(mount.Directory, "parent", name)));
            foreach (var name in names.Skip(20))
            {
                var mode = ModeOf(round * 8 + name.Length);
                File.SetUnixFileMode(Path.Combine(mount.Directory, "links", name.Replace("file", "link", StringComparison.Ordinal)), mode);
                Assert.Equal(mode, File.GetUnixFileMode(Path.Combine(mount.Directory, "parent", name)));
            }
        }
    }

    /// <summary>The entry that has no room in a page of a listing was not told to the kernel, which still believes what it had.</summary>
    [Fact]
    public async Task A_listing_that_is_given_up_leaves_no_old_size_behind()
    {
        const int Count = 100;
        await using var cluster = await TestCluster.StartAsync();
        await using var one = await cluster.MountAsync();
        await using var two = await cluster.MountAsync(LongTimeouts);
        var written = Directory.CreateDirectory(Path.Combine(one.Directory, "parent")).FullName;
        var read = Path.Combine(two.Directory, "parent");
        for (var number = 0; number < Count; number++)
            File.WriteAllBytes(Path.Combine(written, $"file-{number}"), []);
        for (var number = 0; number < Count; number++)
            Assert.Equal(0, new FileInfo(Path.Combine(read, $"file-{number}")).Length);
        for (var number = 0; number < Count; number++)
            File.WriteAllBytes(Path.Combine(written, $"file-{number}"), "content"u8);
        ReadOnePage(read);
        for (var number = 0; number < Count; number++)
            Assert.Equal("content"u8, File.ReadAllBytes(Path.Combine(read, $"file-{number}")));
    }

    [Fact]
    public async Task What_is_removed_meanwhile_does_not_cost_the_others_their_attributes()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var one = await cluster.MountAsync();
        await using var two = await cluster.MountAsync();
        var directory = Directory.CreateDirectory(Path.Combine(one.Directory, "parent")).FullName;
        for (var number = 0; number < 100; number++)
            Directory.CreateDirectory(Path.Combine(directory, $"kept-{number}"), ModeOf(number));
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    for (var number = 0; number < 20; number++)
                        Directory.CreateDirectory(Path.Combine(directory, $"gone-{number}"));
                    for (var number = 0; number < 20; number++)
                        Directory.Delete(Path.Combine(directory, $"gone-{number}"));
                }
            },
            TestContext.Current.CancellationToken);
        for (var round = 0; round < 20; round++)
        {
            var entries = List(Path.Combine(two.Directory, "parent"), "kept-*");
            for (var number = 0; number < 100; number++)
                Assert.Equal(ModeOf(number), entries[$"kept-{number}"].UnixFileMode);
        }
        await stop.CancelAsync();
        await churn;
    }

    private static unsafe void ReadOnePage(string directory)
    {
        const int DirectoryOnly = 0x10000;
        var page = stackalloc byte[4096];
        var descriptor = Open(directory, DirectoryOnly, 0);
        Assert.True(descriptor >= 0);
        Assert.InRange(ReadEntries(descriptor, page, 4096), 1, 4096);
        Assert.Equal(0, Close(descriptor));
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "getdents64")]
    private static unsafe partial nint ReadEntries(int descriptor, byte* target, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string name);

    private static HashSet<string> NamesOf(string directory) => [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path))];

    private static MountOptions LongTimeouts(MountOptions options) => options with { AttributeTimeoutMs = 60_000, EntryTimeoutMs = 60_000 };

    private static MountOptions WithAttributes(MountOptions options) => LongTimeouts(options) with { ListAttributes = true };

    private static UnixFileMode ModeOf(int number) => (UnixFileMode)(0x1C0 | (number & 0x2D));

    /// <summary>As ls -l: all names first, then the attributes of each.</summary>
    private static Dictionary<string, FileInfo> List(string directory, string pattern = "*")
    {
        var entries = new DirectoryInfo(directory).GetFileSystemInfos(pattern).Select(entry => new FileInfo(entry.FullName)).ToDictionary(entry => entry.Name);
        foreach (var entry in entries.Values)
            entry.Refresh();
        return entries;
    }
}
