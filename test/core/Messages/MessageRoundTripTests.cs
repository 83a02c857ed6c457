using SealFs.Core.Messages;
using SealFs.Core.Wire;
using Xunit;

namespace SealFs.Core.Tests.Messages;

/// <summary>Every message reads back what it wrote, announces its size exactly, and refuses every shorter and every longer body.</summary>
public sealed class MessageRoundTripTests
{
    private static readonly InodeAttributes Attributes = new()
    {
        Inode = new(0x123_0000_0045),
        SizeBytes = 3901,
        AllocatedBytes = 4096,
        AccessTimeNs = -1,
        ModifyTimeNs = 2,
        ChangeTimeNs = 3,
        BirthTimeNs = 4,
        Version = 5,
        Mode = InodeAttributes.TypeRegular | 0x1A4,
        LinkCount = 6,
        Uid = 7,
        Gid = 8,
        DeviceNumber = 9,
        Flags = InodeFlags.Inline | InodeFlags.Orphan,
    };

    [Fact]
    public void Fixed_size_messages()
    {
        Check(new InodeRequest(new(1)), 8);
        Check(new AttributesReply(Attributes), InodeAttributes.WireSize);
        Check(new SetAttrRequest(new(1), SetAttrMask.Size | SetAttrMask.KillSetIds, 2, 3, 4, 5, 6, 7, 8), 56);
        Check(new OpenRequest(new(1), OpenFlags.WantData, 2, 3), 25);
        Check(new ReadDirRequest(new(1), new(2), 3, 4, ReadDirFlags.Attributes), 25);
        Check(new ReadDirReply(true, 3, 4, 2), 10);
        Check(new PartitionHint(9), 1);
        Check(new ReadRequest(new(1), new(2), 3, 4), 24);
        Check(new WriteRequest(new(1), new(2), 3, WriteFlags.Commit, 4, 5), 37);
        Check(new WriteRequest(new(1), new(2), 3, WriteFlags.Commit | WriteFlags.Append, 4, 5, 6), 45);
        Check(new CommitWriteRequest(new(1), 2, 3, WriteFlags.KillSetIds, -4, 5), 37);
        Check(new ChunkRangeRequest(new(1), new(2), ChunkRangeOperation.Release, 3, 4, 5), 33);
        Check(new ChunkRangeReply(-1, 2), 12);
        Check(new AnnounceChunksRequest(new(1), 2), 16);
        Check(new PlaceAppendRequest(new(1), 2, 3, 4), 32);
        Check(new PlaceAppendReply(1), 8);
        Check(new ChunkMapRequest(new(1), new(2)), 16);
        Check(new ChunkMapReply(1, 2), 12);
        Check(new FsyncRequest(new(1), true), 10);
        Check(new FsyncRequest(new(1), false, LogOnly: true), 10);
        Check(new ReserveChunksRequest(new(1), new(2)), 16);
        Check(new ReserveChunksReply(1, 2), 12);
        Check(new PurgeChunksRequest(new(1), new(2), new(3), 4, new(5), true), 33);
        Check(new ChunkBlocksReply(true, 1, 2, 3, 4), 25);
        Check(new TransactionSyncRequest(new(1), 2), 10);
        Check(new StatVolumeReply(1, 2, 3, 4, 5, 6), 48);
        Check(new HelloReply(1, new(2), 3, 4), 18);
    }

    [Fact]
    public void Hello()
    {
        var hello = new HelloRequest { ProtocolVersion = FrameHeader.CurrentVersion, Role = PeerRole.Admin, Generation = 2, Session = new(3), Attempt = new(0x0405060708090A0B, 12), Token = [13, 14], Key = [15], Proof = [16, 17, 18] };
        Span<byte> bytes = stackalloc byte[hello.Size];
        var writer = new WireWriter(bytes);
        hello.Write(ref writer);
        Assert.Equal(37, writer.Position);
        Assert.Equal([0x0B, 0x0A, 0x09, 0x08, 0x07, 0x06, 0x05, 0x04, 12, 0, 0, 0, 2, 0, 13, 14, 1, 0, 15, 3, 0, 16, 17, 18], bytes[13..].ToArray());
        var reader = new WireReader(bytes);
        Assert.True(HelloRequest.TryRead(ref reader, out var read));
        Assert.Equal(hello.Attempt, read.Attempt);
        Assert.Equal(hello.Session, read.Session);
        Assert.True(read.Token.SequenceEqual(hello.Token));
        Assert.True(read.Key.SequenceEqual(hello.Key));
        Assert.True(read.Proof.SequenceEqual(hello.Proof));
    }

    [Fact]
    public void Messages_with_optional_attributes()
    {
        Check(new EntryReply(true, false, Attributes, true, Attributes with { SizeBytes = 1 }), 4 + 2 * InodeAttributes.WireSize);
        Check(new EntryReply(false, true, Attributes, false, default), 4 + InodeAttributes.WireSize);
        Check(new RemoveReply(new(1), true, Attributes, true, Attributes), 10 + 2 * InodeAttributes.WireSize);
        Check(new RemoveReply(new(1), false, default, false, default), 10);
        Check(new WriteReply(true, Attributes, -7), 9 + InodeAttributes.WireSize);
        Check(new WriteReply(false, default, 65_536, IsPending: true, Cuts: 3), 9);
        Check(new WriteReply(false, default, 0, IsSynced: true), 9);
        Check(new WriteReply(true, Attributes, -7, IsSynced: true), 9 + InodeAttributes.WireSize);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    public void Messages_with_names(int length)
    {
        var name = Enumerable.Repeat((byte)0xFF, length).ToArray();
        var lookup = Write(new LookupRequest { Directory = new(1), Partition = new(2), Name = name });
        var reader = new WireReader(lookup);
        Assert.True(LookupRequest.TryRead(ref reader, out var read));
        Assert.Equal((new InodeId(1), new PartitionIndex(2)), (read.Directory, read.Partition));
        Assert.True(read.Name.SequenceEqual(name));

        var rename = Write(new RenameRequest { SourceDirectory = new(1), TargetDirectory = new(2), TargetPartition = new(3), Flags = 1, SourceName = "a"u8, TargetName = name });
        var renameReader = new WireReader(rename);
        Assert.True(RenameRequest.TryRead(ref renameReader, out var renamed));
        Assert.True(renamed.SourceName.SequenceEqual("a"u8) && renamed.TargetName.SequenceEqual(name));
        Assert.Equal(1u, renamed.Flags);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void Names_that_no_directory_may_hold_are_malformed(string name)
    {
        var body = Write(new LookupRequest { Directory = new(1), Name = System.Text.Encoding.UTF8.GetBytes(name) });
        var reader = new WireReader(body);
        Assert.False(LookupRequest.TryRead(ref reader, out _));
    }

    [Fact]
    public void A_name_of_256_bytes_is_malformed()
    {
        var body = Write(new LookupRequest { Directory = new(1), Name = new byte[256] });
        var reader = new WireReader(body);
        Assert.False(LookupRequest.TryRead(ref reader, out _));
    }

    [Fact]
    public void Commits_are_told_in_pairs_of_shard_and_transaction()
    {
        byte[] commits = [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1];
        var reader = new WireReader(Write(new TransactionCommitsRequest { Commits = commits }));
        Assert.True(TransactionCommitsRequest.TryRead(ref reader, out var read));
        Assert.Equal(2, read.Count);
        Assert.Equal((new ShardId(1), new TransactionId(2)), read[0]);
        Assert.Equal((new ShardId(3), new TransactionId(4 + (1UL << 56))), read[1]);
        var cut = new WireReader(commits.AsSpan(0, 13));
        Assert.False(TransactionCommitsRequest.TryRead(ref cut, out _));
    }

    [Fact]
    public void A_follow_up_carries_its_step_to_the_end()
    {
        var reader = new WireReader(Write(new TransactionFollowRequest { Transaction = new(7), Steps = "step"u8 }));
        Assert.True(TransactionFollowRequest.TryRead(ref reader, out var read));
        Assert.Equal(new TransactionId(7), read.Transaction);
        Assert.True(read.Steps.SequenceEqual("step"u8));
    }

    [Fact]
    public void Transactions_that_may_be_forgotten_are_listed()
    {
        var reader = new WireReader(Write(new TransactionsForgottenRequest { Transactions = [1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0] }));
        Assert.True(TransactionsForgottenRequest.TryRead(ref reader, out var read));
        Assert.Equal(2, read.Count);
        Assert.Equal(new TransactionId(1), read[0]);
        Assert.Equal(new TransactionId(258), read[1]);
    }

    private static void Check<T>(T message, int expectedSize)
        where T : struct, IWireMessage<T>, IEquatable<T>
    {
        var body = Write(message);
        Assert.Equal(expectedSize, body.Length);
        var reader = new WireReader(body);
        Assert.True(T.TryRead(ref reader, out var read));
        Assert.Equal(message, read);
        for (var length = 0; length < body.Length; length++)
        {
            var shorter = new WireReader(body.AsSpan(0, length));
            Assert.False(T.TryRead(ref shorter, out _), $"{typeof(T).Name} cut to {length} bytes was accepted");
        }

        var longer = new WireReader([.. body, 0]);
        Assert.False(T.TryRead(ref longer, out _), $"{typeof(T).Name} with a byte too many was accepted");
    }

    private static byte[] Write<T>(T message)
        where T : struct, IWireMessage<T>, allows ref struct
    {
        var body = new byte[message.Size];
        var writer = new WireWriter(body);
        message.Write(ref writer);
        Assert.Equal(body.Length, writer.Position);
        return body;
    }
}
