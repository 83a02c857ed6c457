using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Names;
using SealFs.StorageNode.Transactions.Steps;
using Xunit;

namespace SealFs.StorageNode.Tests.Transactions;

/// <summary>Steps survive the way through a record or a frame, and nothing else is taken for one.</summary>
public sealed class StepCodecTests
{
    [Fact]
    public void Every_kind_of_step_is_read_as_it_was_written()
    {
        var steps = AllKinds();
        Assert.Equal(Enum.GetValues<StepKind>().Order(), steps.Select(step => step.Kind).Order());
        var bytes = StepCodec.ToBytes(steps);
        var read = new List<TransactionStep>();
        Assert.True(StepCodec.TryRead(bytes, read));
        Assert.Equal(steps.Select(step => step.GetType()), read.Select(step => step.GetType()));
        Assert.Equal(bytes, StepCodec.ToBytes(read));
    }

    [Fact]
    public void Bytes_that_are_cut_or_unknown_are_refused()
    {
        var bytes = StepCodec.ToBytes(AllKinds());
        var ends = new HashSet<int> { 0 };
        foreach (var step in AllKinds())
            ends.Add(ends.Max() + 4 + step.Size);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(ends.Contains(length), StepCodec.TryRead(bytes.AsSpan(0, length), []));
        Assert.False(StepCodec.TryRead([200, 0, 0, 0], []));
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(20_240_229);
        var bytes = new byte[64];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)random.Next(16);
            bytes[1] = 0;
            var length = random.Next(4, bytes.Length);
            if (random.Next(2) == 0)
                (bytes[2], bytes[3]) = ((byte)(length - 4), 0);
            _ = StepCodec.TryRead(bytes.AsSpan(0, length), []);
        }
    }

    private static List<TransactionStep> AllKinds()
    {
        var inode = new InodeId(0x1234_5678_9ABC);
        var removal = new RemoveDirectoryStep { Directory = inode, TimeNs = 3 };
        removal.Partitions.Add(new PartitionIndex(1));
        removal.Partitions.Add(new PartitionIndex(2));
        var entries = new ReceiveEntriesStep { Directory = inode };
        entries.Add(new DentryRow(inode, InodeAttributes.TypeRegular), "one"u8);
        entries.Add(new DentryRow(inode, InodeAttributes.TypeDirectory), "two"u8);
        return
        [
            new CreateDirectoryStep { Parent = inode, Mode = 1, Uid = 2, Gid = 3, TimeNs = 4 },
            removal,
            new FreezePartitionStep { Directory = inode, Partition = new PartitionIndex(5) },
            new DropLinkStep { Inode = inode, TimeNs = 6 },
            new AddLinkStep { Inode = inode, TimeNs = 7 },
            new PutEntryStep { Directory = inode, Partition = new PartitionIndex(1), Name = [.. "name"u8], Inode = inode, Mode = 8, TimeNs = 9, Rule = EntryRule.Replace },
            new RemoveEntryStep { Directory = inode, Partition = default, Name = [.. "other"u8], TimeNs = 10 },
            new SetParentStep { Directory = inode, NewParent = inode, TimeNs = 11 },
            new TouchInodeStep { Inode = inode, TimeNs = 12 },
            new TakeRenameLockStep(),
            entries,
            new ListPartitionStep { Directory = inode, Partition = new PartitionIndex(13) },
            new NarrowPartitionStep { Directory = inode, Partition = new PartitionIndex(14), LeavingCount = 15, StaysHere = true },
            new ReceivePartitionStep { Directory = inode, Partition = new PartitionIndex(16), Depth = 5, EntryCount = 17, IsLast = true },
        ];
    }
}
