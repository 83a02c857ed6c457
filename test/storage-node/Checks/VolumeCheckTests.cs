using System.Text;
using SealFs.Client.Fsck;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;
using SealFs.StorageNode.Engine;
using SealFs.StorageNode.Inodes;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Checks;

/// <summary>sealfs fsck against a real manager and node: silence over a sound volume, and a finding for every sort of damage.</summary>
public sealed class VolumeCheckTests : IAsyncLifetime
{
    private NodeHarness _harness = null!;
    private NodeClient _client = null!;
    private InodeId _directory;
    private InodeId _small;
    private InodeId _large;

    public async ValueTask InitializeAsync()
    {
        _harness = await NodeHarness.StartAsync();
        _client = await _harness.ConnectAsync();
        _directory = (await _client.MkdirAsync(_client.Root, "directory")).As<EntryReply>().Attributes.Inode;
        _small = (await _client.CreateAsync(_directory, "small")).As<EntryReply>().Attributes.Inode;
        _large = (await _client.CreateAsync(_directory, "large")).As<EntryReply>().Attributes.Inode;
        await _client.CreateAsync(_directory, "symlink", mode: 0xA1FF, payload: "target"u8.ToArray());
        (await _client.LinkAsync(_small, _client.Root, "second name")).As<EntryReply>();
        await WriteAsync(_small, default, 1000, WriteFlags.Commit, 1000);
        await WriteAsync(_large, default, 200_000, WriteFlags.None, 0);
        await WriteAsync(_large, new ChunkIndex(2), 100_000, WriteFlags.None, 0);
        var commit = new CommitWriteRequest(_large, (8 << 20) + 100_000, 1, WriteFlags.None);
        (await _client.AskAsync(Opcode.CommitWrite, _large.Shard, in commit)).As<AttributesReply>();
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _harness.DisposeAsync();
    }

    [Fact]
    public async Task A_sound_volume_has_no_findings()
    {
        var report = await CheckAsync(verify: true);
        Assert.Equal([], report.Findings.Select(finding => finding.Text));
        Assert.True(report.IsSound);
        Assert.Equal(1, report.Passes);
        Assert.Equal((2, 3, 5), (report.Directories, report.Files, report.Entries));
        Assert.Equal(2, report.Chunks);
        Assert.Contains("Nothing is wrong", report.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_its_inode_is_found()
    {
        Break(_small.Shard, mutation => mutation.DeleteInode(_small));
        var finding = (await CheckAsync()).Findings.First(found => found.Kind == FindingKind.DanglingEntry);
        Assert.Equal(_small, finding.Inode);
        Assert.Contains(finding.Path, (string[])["/directory/small", "/second name"]);
    }

    [Fact]
    public async Task An_inode_without_a_name_is_found()
    {
        Break(_directory.Shard, mutation => mutation.DeleteDentry(_directory, "large"u8));
        var kinds = (await CheckAsync()).Findings.Select(finding => finding.Kind).ToList();
        Assert.Contains(FindingKind.LostInode, kinds);
        Assert.Contains(FindingKind.WrongEntryCount, kinds);
    }

    [Fact]
    public async Task Wrong_counts_and_parents_are_found()
    {
        Break(_small.Shard, mutation =>
        {
            Assert.True(mutation.TryGetInode(_small, out var row));
            row.Attributes.LinkCount = 7;
            mutation.PutInode(in row);
        });
        Break(_directory.Shard, mutation =>
        {
            Assert.True(mutation.TryGetInode(_directory, out var row));
            row.Parent = _large;
            row.Attributes.LinkCount = 9;
            mutation.PutInode(in row);
        });
        var findings = (await CheckAsync()).Findings;
        Assert.Equal(2, findings.Count(finding => finding.Kind == FindingKind.WrongLinkCount));
        Assert.Contains(findings, finding => finding.Kind == FindingKind.WrongParent && finding.Inode == _directory);
    }

    [Fact]
    public async Task Data_of_nobody_and_data_behind_the_end_are_found_and_are_no_damage()
    {
        await WriteAsync(_large, new ChunkIndex(50), 1000, WriteFlags.None, 0);
        var stray = InodeId.Create(_directory.Shard, (1UL << 40) + 5);
        var chunk = new ChunkIndex(3);
        var write = new WriteRequest(stray, chunk, 0, WriteFlags.None, 0, 0);
        var row = new InodeRow { Attributes = new InodeAttributes { Inode = stray, Mode = 0x81A4, LinkCount = 1 } };
        Break(stray.Shard, mutation => mutation.PutInode(in row));
        await _client.AskAsync(Opcode.Write, PlacementHash.Chunk(stray, chunk, 8), in write, new byte[100]);
        Break(stray.Shard, mutation => mutation.DeleteInode(stray));
        var report = await CheckAsync();
        Assert.Contains(report.Findings, finding => finding.Kind == FindingKind.ChunkBehindEnd && finding.Inode == _large);
        Assert.Contains(report.Findings, finding => finding.Kind == FindingKind.StrayChunk && finding.Inode == stray);
        Assert.True(report.IsSound);
    }

    [Fact]
    public async Task Damaged_data_are_found_when_they_are_read()
    {
        var path = Directory.EnumerateFiles(_harness.Options().DataDirectory, $"{_large.Value:x16}.2", SearchOption.AllDirectories).Single();
        using (var file = File.OpenWrite(path))
            file.Write("damage"u8);
        Assert.Empty((await CheckAsync()).Findings);
        var finding = Assert.Single((await CheckAsync(verify: true)).Findings);
        Assert.Equal((FindingKind.DamagedChunk, "/directory/large"), (finding.Kind, finding.Path));
    }

    [Fact]
    public async Task Wrong_counters_and_stray_records_are_found()
    {
        Break(_directory.Shard, mutation =>
        {
            mutation.AddUsage(12_345, 2);
            mutation.Put(Table.InlineData, Key(mutation, new InodeId(_small.Value + 1000)), "nobody's"u8);
        });
        var findings = (await CheckAsync()).Findings;
        Assert.Contains(findings, finding => finding.Kind == FindingKind.WrongUsage && finding.Text.Contains("+12345 bytes and +2 inodes", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Kind == FindingKind.StrayRecord);
    }

    [Fact]
    public async Task A_volume_in_use_is_not_accused()
    {
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(async () =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                var name = $"churn-{number % 50}";
                var made = await _client.CreateAsync(_directory, name);
                await WriteAsync(made.As<EntryReply>().Attributes.Inode, default, 40_000, WriteFlags.Commit, 40_000);
                await _client.UnlinkAsync(_directory, name);
            }
        });
        var report = await CheckAsync();
        await stop.CancelAsync();
        await churn;
        Assert.DoesNotContain(report.Findings, finding => finding.IsDamage);
    }

    private Task<VolumeCheckReport> CheckAsync(bool verify = false) => VolumeCheck.RunAsync(
        _harness.Control, "test", new VolumeCheckOptions { Verify = verify, Pause = TimeSpan.FromMilliseconds(50) });

    private async Task WriteAsync(InodeId inode, ChunkIndex chunk, int length, WriteFlags flags, ulong size)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var shard = PlacementHash.Chunk(inode, chunk, 8);
        var write = new WriteRequest(inode, chunk, 0, flags, size, 1);
        (await _client.AskAsync(Opcode.Write, shard, in write, data)).As<WriteReply>();
    }

    private void Break(ShardId id, Action<Mutation> damage)
    {
        var shard = _harness.Host.Node.Shards.Find(id)!;
        using (shard.Enter())
        {
            var mutation = shard.Begin(_client.Volume);
            damage(mutation);
            mutation.Commit();
        }
    }

    private static byte[] Key(Mutation mutation, InodeId inode)
    {
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        return MetadataKey.InlineData(key, mutation.Shard.Id, mutation.Volume, inode).ToArray();
    }
}
