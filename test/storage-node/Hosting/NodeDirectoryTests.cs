using SealFs.Core;
using SealFs.Core.Security;
using SealFs.StorageNode.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>The two directories of a node: whose they are, which of them is an older copy, and what an end means for the next start.</summary>
[Collection(nameof(BootId))]
public sealed class NodeDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly BootId _boot = new();

    private string Metadata => _directory.In("metadata");

    private string Data => _directory.In("data");

    [Fact]
    public void After_a_kill_under_the_same_kernel_nothing_is_lost()
    {
        Kill();
        using var next = Open();
        Assert.False(next.MayHaveLost);
        Assert.Equal(2UL, next.Identity.Incarnation);
    }

    [Fact]
    public void After_an_orderly_end_nothing_is_lost_under_another_kernel()
    {
        using (var first = Open())
            first.NoteEnd();
        _boot.Restart();
        using var next = Open();
        Assert.False(next.MayHaveLost);
    }

    [Fact]
    public void After_a_kill_and_another_kernel_everything_may_be_lost_until_the_verifiers_are_new()
    {
        Kill();
        _boot.Restart();
        using (var second = Open())
            Assert.True(second.MayHaveLost);
        using (var third = Open())
        {
            Assert.True(third.MayHaveLost);
            third.VerifiersRenewed();
        }

        using var fourth = Open();
        Assert.False(fourth.MayHaveLost);
    }

    [Fact]
    public void A_failed_sync_is_remembered_over_an_orderly_end()
    {
        using (var first = Open())
        {
            first.NoteLoss();
            first.NoteEnd();
        }

        using var next = Open();
        Assert.True(next.MayHaveLost);
    }

    [Fact]
    public void A_data_directory_that_is_not_mounted_is_refused()
    {
        Kill();
        Directory.Move(Data, Data + "-away");
        AssertRefused("Is its disk mounted?");
        Directory.CreateDirectory(Data);
        AssertRefused("Is its disk mounted?");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
        Directory.Delete(Data);
        Directory.Move(Data + "-away", Data);
        Kill();
    }

    [Fact]
    public void The_data_directory_of_another_node_is_refused()
    {
        Kill();
        using (MetadataDirectory.Open(_directory.In("other-metadata"), _directory.In("other-data")))
        {
        }

        Directory.Move(Data, Data + "-away");
        Directory.Move(_directory.In("other-data"), Data);
        AssertRefused("belongs to node");
    }

    [Fact]
    public void A_data_directory_with_data_is_refused_where_the_metadata_are_new()
    {
        Kill();
        Directory.Move(Metadata, Metadata + "-away");
        AssertRefused("is new");

        // Also one without an identity.
        Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Path.Combine(Data, "1", "17"));
        AssertRefused("is new");
    }

    [Fact]
    public void An_interrupted_first_start_goes_on()
    {
        Kill();
        var file = Path.Combine(Metadata, "node.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"DataIsMarked\":true", "\"DataIsMarked\":false", StringComparison.Ordinal));
        Kill();
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"DataIsMarked\":true", "\"DataIsMarked\":false", StringComparison.Ordinal));
        Directory.Delete(Data, recursive: true);
        Kill();
        Directory.Delete(Data, recursive: true);
        AssertRefused("Is its disk mounted?");
    }

    [Fact]
    public void An_older_copy_of_the_metadata_is_refused_unless_somebody_wants_it()
    {
        Kill();
        PrivateFiles.PrepareDirectory(_directory.In("copy"));
        foreach (var file in Directory.EnumerateFiles(Metadata))
            File.Copy(file, Path.Combine(_directory.In("copy"), Path.GetFileName(file)));
        Kill();
        Directory.Delete(Metadata, recursive: true);
        Directory.Move(_directory.In("copy"), Metadata);
        AssertRefused("older copy");
        File.Delete(Path.Combine(Data, "run"));
        using var wanted = Open();
        Assert.True(wanted.MayHaveLost);
    }

    [Fact]
    public void A_torn_record_of_a_run_leaves_the_one_before()
    {
        Kill();
        Kill();
        var file = Path.Combine(Metadata, "run");
        var bytes = File.ReadAllBytes(file);
        var records = new[] { 0, 4096 }.Select(at => (At: at, Read: RunRecord.TryRead(bytes.AsSpan(at), out var record), record.Sequence)).OrderBy(static slot => slot.Sequence).ToArray();
        Assert.All(records, static slot => Assert.True(slot.Read));
        bytes[records[1].At + 20] ^= 1;
        File.WriteAllBytes(file, bytes);
        using var run = RunFile.Open(Metadata);
        Assert.Equal(records[0].Sequence, run.Last!.Value.Sequence);
    }

    public void Dispose()
    {
        _boot.Dispose();
        _directory.Dispose();
    }

    private MetadataDirectory Open() => MetadataDirectory.Open(Metadata, Data);

    /// <summary>A run that just ends.</summary>
    private void Kill() => Open().Dispose();

    private void AssertRefused(string reason)
    {
        var refusal = Assert.Throws<InvalidDataException>(() => Open().Dispose());
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Data, refusal.Message, StringComparison.Ordinal);
    }
}
