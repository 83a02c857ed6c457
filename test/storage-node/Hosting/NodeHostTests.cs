using System.Security.Cryptography;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

public sealed class NodeHostTests : IAsyncLifetime
{
    private NodeHarness _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeHarness.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task The_identity_stays_and_the_incarnation_rises()
    {
        var (uuid, id, incarnation) = (_node.Host.Identity.Uuid, _node.Host.Identity.Node, _node.Host.Identity.Incarnation);
        await _node.RestartNodeAsync();
        Assert.Equal((uuid, id, incarnation + 1), (_node.Host.Identity.Uuid, _node.Host.Identity.Node, _node.Host.Identity.Incarnation));
    }

    [Fact]
    public async Task A_metadata_directory_belongs_to_one_process_at_a_time()
    {
        var refusal = await Assert.ThrowsAsync<IOException>(() => NodeHost.StartAsync(_node.Options()));
        Assert.Contains("in use", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_of_another_format_is_refused()
    {
        await _node.Host.DisposeAsync();
        var file = Path.Combine(_node.MetadataDirectory, "node.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\"Format\":2", "\"Format\":3", StringComparison.Ordinal));
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartAsync(_node.Options()));
        Assert.Contains("format 3", refusal.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "{");
        await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartAsync(_node.Options()));
        File.Delete(file);
        await Assert.ThrowsAsync<InvalidDataException>(() => NodeHost.StartAsync(_node.Options()));
    }

    [Fact]
    public async Task A_directory_of_another_cluster_is_refused()
    {
        await using var other = await NodeHarness.StartAsync();
        await _node.Host.DisposeAsync();
        var options = _node.Options() with { Managers = [other.ManagerAddress] };
        var refusal = await Assert.ThrowsAsync<SealFs.Core.Control.ControlException>(() => NodeHost.StartAsync(options));
        Assert.Contains("cluster", refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_node_serves_while_the_manager_is_away_and_waits_for_it_at_its_start()
    {
        await using var client = await _node.ConnectAsync();
        var port = int.Parse(_node.ManagerAddress.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        await _node.StopManagerAsync();
        Assert.Equal(Errno.None, (await client.CreateAsync(_node.Root, "without")).Status);
        await _node.Host.DisposeAsync();

        var starting = _node.StartNodeAsync();
        await _node.StartManagerAsync(port);
        await starting;
        await _node.WaitForVolumeAsync();
        Assert.Equal(Errno.None, (await client.LookupAsync(_node.Root, "without")).Status);
    }

    [Fact]
    public async Task Numbers_of_inodes_are_never_given_out_twice()
    {
        await using var client = await _node.ConnectAsync();
        var seen = new HashSet<InodeId>();
        for (var round = 0; round < 3; round++)
        {
            for (var number = 0; number < 20; number++)
            {
                Assert.True(seen.Add((await client.CreateAsync(_node.Root, $"{round}-{number}")).As<EntryReply>().Attributes.Inode));
                await client.UnlinkAsync(_node.Root, $"{round}-{number}");
            }

            await _node.RestartNodeAsync();
        }
    }

    [Fact]
    public async Task Tokens_are_checked()
    {
        await using var forged = await _node.ConnectAsync();
        forged.Token[30] ^= 1;
        Assert.NotEqual(Errno.None, (await AskOnceAsync(forged)).Status);

        await using var anothers = await _node.ConnectAsync();
        await using var other = await _node.ConnectAsync();
        anothers.Token = other.Token;
        Assert.NotEqual(Errno.None, (await AskOnceAsync(anothers)).Status);

        // With what a node knows nothing can be signed.
        await using var made = await _node.ConnectAsync();
        var claims = new SessionClaims(made.Session, made.Volume, TokenAccess.ReadWrite, DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds());
        Assert.ThrowsAny<CryptographicException>(() => SessionToken.Create(_node.Host.Node.TokenKey, claims));

        await using var pretender = await _node.ConnectAsync();
        pretender.Role = PeerRole.Node;
        Assert.NotEqual(Errno.None, (await AskOnceAsync(pretender)).Status);

        await using var good = await _node.ConnectAsync();
        Assert.Equal(Errno.None, (await good.GetAttrAsync(_node.Root)).Status);
    }

    [Fact]
    public async Task What_is_not_understood_is_malformed_and_the_connection_goes_on()
    {
        await using var client = await _node.ConnectAsync();
        Assert.Equal(Errno.Malformed, (await client.AskAsync((Opcode)99, _node.Root.Shard, default(EmptyMessage))).Status);
        Assert.Equal(Errno.Malformed, (await client.AskAsync((Opcode)60_000, _node.Root.Shard, default(EmptyMessage))).Status);
        foreach (var opcode in Enum.GetValues<Opcode>().Except([Opcode.Hello, Opcode.Ping, Opcode.Close, Opcode.ListOpen, Opcode.ReassertOpen, Opcode.StatVolume, Opcode.SyncVolume]))
            Assert.NotEqual(Errno.None, (await client.AskAsync(opcode, _node.Root.Shard, default(EmptyMessage))).Status);
        Assert.Equal(Errno.None, (await client.GetAttrAsync(_node.Root)).Status);
    }

    [Fact]
    public async Task Where_the_volume_asks_for_it_an_answer_means_stable_storage()
    {
        await using var synced = await NodeHarness.StartAsync(durability: SealFs.Core.Control.V1.VolumeDurability.Sync, syncInterval: TimeSpan.FromHours(1));
        await using var client = await synced.ConnectAsync();
        await client.GetAttrAsync(synced.Root);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => client.CreateAsync(synced.Root, $"file-{number}")));
        Assert.False(synced.Host.Node.Engine.HasUnsynced);
        Assert.Equal(Errno.EEXIST, (await client.CreateAsync(synced.Root, "file-1")).Status);
    }

    [Fact]
    public async Task Metrics_are_there_to_be_scraped()
    {
        await using var client = await _node.ConnectAsync();
        await client.CreateAsync(_node.Root, "file");
        await client.LookupAsync(_node.Root, "nothing");
        using var http = new HttpClient { BaseAddress = new Uri(_node.Host.MetricsUrl!) };
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
        var text = "";
        await Eventually.TrueAsync(async () =>
        {
            text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            return text.Contains("opcode=\"Lookup\",status=\"ENOENT\"", StringComparison.Ordinal);
        });
        foreach (var name in new[] { "sealfs_node_operations_total", "sealfs_node_operation_duration_seconds_bucket", "sealfs_metadata_memtable_size_bytes", "sealfs_metadata_cache_size_bytes", "sealfs_node_volume_inodes", "sealfs_node_parked", "dotnet_gc_collections_total" })
            Assert.Contains(name, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_whose_disk_has_failed_refuses_and_says_so_everywhere()
    {
        await using var client = await _node.ConnectAsync();
        Assert.Equal(Errno.None, (await client.GetAttrAsync(_node.Root)).Status);
        _node.Host.Node.Fail("The data disk fails: planned.");
        Assert.Equal(Errno.EIO, (await client.GetAttrAsync(_node.Root)).Status);
        using var http = new HttpClient { BaseAddress = new Uri(_node.Host.MetricsUrl!) };
        using var health = await http.GetAsync(new Uri("/healthz", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal("The data disk fails: planned.\n", await health.Content.ReadAsStringAsync());
        await Eventually.TrueAsync(async () =>
            (await _node.Control.ListNodesAsync()).Single() is { Health: SealFs.Core.Control.V1.NodeHealth.Failed, HealthText: "The data disk fails: planned." });
        await Eventually.TrueAsync(async () => (await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("sealfs_node_failed{", StringComparison.Ordinal));

        // The next start does not trust what the disk has.
        await _node.RestartNodeAsync();
        Assert.Equal(Errno.None, (await client.GetAttrAsync(_node.Root)).Status);
    }

    [Fact]
    public async Task A_deleted_volume_leaves_nothing_behind()
    {
        await using (var client = await _node.ConnectAsync())
        {
            for (var number = 0; number < 20; number++)
                await client.MkdirAsync(_node.Root, $"directory-{number}");
            await client.CreateAsync(_node.Root, "link", 0xA1FF, payload: "target"u8.ToArray());
        }

        var volume = new VolumeId(_node.Volume.Id);
        await _node.Control.DeleteVolumeAsync("test", force: true);
        await Eventually.TrueAsync(async () => (await _node.Control.ListVolumesAsync(includeDeleting: true)).Count == 0);
        Assert.Equal(0, _node.Host.Node.Usage(volume).Inodes);
        foreach (var table in Enum.GetValues<StorageNode.Engine.Table>())
        {
            using var rows = _node.Host.Node.Engine.Scan(table, [0], [0xFF]);
            while (rows.MoveNext())
                Assert.NotEqual(volume.Value, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(rows.Key[4..]));
        }
    }

    /// <summary>A connection that is refused tries again for ever; a short time is enough to know.</summary>
    private Task<NodeAnswer> AskOnceAsync(NodeClient client)
    {
        var call = client.Call(Opcode.GetAttr, _node.Root.Shard);
        call.TimeoutMs = 500;
        return client.SendAsync(call, new InodeRequest(_node.Root));
    }
}
