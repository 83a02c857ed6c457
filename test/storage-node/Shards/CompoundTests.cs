using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Shards;

public sealed class CompoundTests : IAsyncLifetime
{
    private NodeHarness _node = null!;
    private NodeClient _client = null!;
    private ulong _sequence = 1000;

    private InodeId Root => _node.Root;

    private Shard RootShard => _node.Host.Node.Shards.Find(Root.Shard)!;

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
    public async Task Parts_run_in_order_see_each_other_and_are_one_commit()
    {
        await _client.GetAttrAsync(Root);
        var before = RootShard.EffectSequence;
        var answers = CompoundParts.Answers(await ChangeAsync(
            new CompoundParts().Create(Root, "a"u8).Lookup(Root, "a"u8).Create(Root, "b"u8).Unlink(Root, "a"u8).GetAttr(Root)));

        Assert.Equal(before + 1, RootShard.EffectSequence);
        var made = answers[0].As<EntryReply>().Attributes.Inode;
        Assert.Equal(made, answers[1].As<EntryReply>().Attributes.Inode);
        Assert.NotEqual(made, answers[2].As<EntryReply>().Attributes.Inode);
        Assert.Equal(made, answers[3].As<RemoveReply>().Removed);
        Assert.Equal(InodeAttributes.TypeDirectory, answers[4].As<AttributesReply>().Attributes.Mode & InodeAttributes.TypeMask);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "a")).Status);
        Assert.Equal(answers[4].Body, (await _client.GetAttrAsync(Root)).Body);
        Assert.Equal(2, RootShard.Usage(_client.Volume).Inodes);

        // The next inode is a new one, also after those of the compound.
        Assert.NotEqual(answers[2].As<EntryReply>().Attributes.Inode, (await _client.CreateAsync(Root, "c")).As<EntryReply>().Attributes.Inode);
    }

    [Fact]
    public async Task The_first_part_that_fails_leaves_nothing_behind()
    {
        var kept = (await _client.CreateAsync(Root, "kept")).As<EntryReply>().Attributes.Inode;
        await _client.OpenAsync(kept, stamp: 5);
        var before = (RootShard.EffectSequence, RootShard.Usage(_client.Volume).Inodes);
        var answer = await ChangeAsync(new CompoundParts()
            .Create(Root, "new"u8, CreateFlags.Exclusive | CreateFlags.Open, stamp: 6)
            .Open(kept, 7)
            .Unlink(Root, "kept"u8)
            .Lookup(Root, "missing"u8)
            .Create(Root, "never"u8));

        Assert.Equal(Errno.ENOENT, answer.Status);
        Assert.Equal(3u, CompoundParts.FailedAt(answer));
        Assert.Equal(before, (RootShard.EffectSequence, RootShard.Usage(_client.Volume).Inodes));
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "new")).Status);
        Assert.Equal(kept, (await _client.LookupAsync(Root, "kept")).As<EntryReply>().Attributes.Inode);
        Assert.Equal(1, RootShard.Opens.Count);
        Assert.Equal(5ul, RootShard.Opens.StampOf(kept, _client.Session));
        Assert.Empty(RootShard.Orphans);
    }

    [Fact]
    public async Task What_is_open_and_loses_its_name_in_one_compound_is_an_orphan()
    {
        var answers = CompoundParts.Answers(await ChangeAsync(
            new CompoundParts().Create(Root, "file"u8, CreateFlags.Exclusive | CreateFlags.Open, stamp: 6).Unlink(Root, "file"u8)));
        var inode = answers[0].As<EntryReply>().Attributes.Inode;
        Assert.True(RootShard.Orphans.ContainsKey(inode));
        await _client.ReferencesAsync(Opcode.Close, new OpenReference(inode, 6));
        Assert.Empty(RootShard.Orphans);
        Assert.Equal(Errno.ENOENT, (await _client.GetAttrAsync(inode)).Status);
    }

    [Fact]
    public async Task Attributes_that_were_set_in_the_compound_go_with_the_file()
    {
        var inode = CompoundParts.Answers(await ChangeAsync(new CompoundParts().Create(Root, "probe"u8)))[0].As<EntryReply>().Attributes.Inode;

        // Inode numbers follow each other.
        var next = InodeId.Create(inode.Shard, (inode.Value & ((1UL << 44) - 1)) + 1);
        var answer = await ChangeAsync(
            new CompoundParts().Create(Root, "file"u8).Add(Opcode.SetXattr, new XattrRequest { Inode = next, Name = "user.x"u8 }).Unlink(Root, "file"u8), payload: "value"u8.ToArray());
        Assert.Equal(3, CompoundParts.Answers(answer).Count);
        Span<byte> key = stackalloc byte[MetadataKey.MaxLength];
        var length = _node.Host.Node.Engine.Get(
            StorageNode.Engine.Table.Metadata, MetadataKey.Xattr(key, Root.Shard, _client.Volume, next, "user.x"u8), new byte[100]);
        Assert.Equal(-1, length);
    }

    [Fact]
    public async Task A_compound_that_comes_again_gets_the_first_answer_after_a_restart_too()
    {
        var parts = new CompoundParts();
        for (byte name = (byte)'a'; name < 'a' + 12; name++)
            parts.Create(Root, [name]);
        var first = await SendAsync(parts.Bytes, new Sequence(77), slot: 3);
        Assert.Equal(12, CompoundParts.Answers(first).Count);
        Assert.True(first.Body.Length > NodeLimits.ReplyBodyBytes);
        Assert.Equal(first.Body, (await SendAsync(parts.Bytes, new Sequence(77), slot: 4, resent: true)).Body);
        await _node.RestartNodeAsync();
        Assert.Equal(first.Body, (await SendAsync(parts.Bytes, new Sequence(77), slot: 5, resent: true)).Body);

        // Whoever sends something else under its number is not given more than it has room for.
        var other = await _client.ChangeAsync(Opcode.Create, Root.Shard, NodeClient.CreateMessage(Root, "z"u8), new Sequence(77), resent: true, slot: 6);
        Assert.Equal(Errno.Malformed, other.Status);
    }

    [Fact]
    public async Task A_part_that_would_wait_ends_the_compound()
    {
        var key = LockKey.Dentry(Root, "locked"u8);
        using (RootShard.Enter())
            Assert.True(RootShard.Locks.TryLock(key, new TransactionId(1)));
        var busy = await ChangeAsync(new CompoundParts().Create(Root, "a"u8).Create(Root, "locked"u8));
        Assert.Equal((Errno.Busy, 1u), (busy.Status, CompoundParts.FailedAt(busy)));
        using (RootShard.Enter())
            RootShard.Locks.Unlock(key, new TransactionId(1));
        Assert.Equal(0, RootShard.Pending.Count);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "a")).Status);

        var elsewhere = new InodeId(Root.Value ^ (1UL << 44));
        var across = await ChangeAsync(new CompoundParts().Create(Root, "a"u8).Add(Opcode.Link, new LinkRequest { Directory = Root, Name = "l"u8, Inode = elsewhere }));
        Assert.Equal((Errno.EINVAL, 1u), (across.Status, CompoundParts.FailedAt(across)));
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "a")).Status);
    }

    [Fact]
    public async Task Every_part_is_judged_as_it_would_be_alone()
    {
        var mkdir = await ChangeAsync(new CompoundParts().Create(Root, "a"u8).Add(Opcode.Mkdir, new MkdirRequest { Directory = Root, Name = "d"u8, Mode = 0x41ED }));
        Assert.Equal((Errno.EINVAL, 1u), (mkdir.Status, CompoundParts.FailedAt(mkdir)));
        var nodesOnly = await ChangeAsync(new CompoundParts().GetAttr(Root).Add(Opcode.ReadParent, new InodeRequest(Root)));
        Assert.Equal((Errno.SessionRefused, 1u), (nodesOnly.Status, CompoundParts.FailedAt(nodesOnly)));
        await using var reader = await _node.ConnectAsync(readOnly: true);
        var call = reader.Call(Opcode.Compound, Root.Shard);
        call.Compound = true;
        Assert.Equal(Errno.EROFS, (await reader.SendAsync(call, new CompoundBody(new CompoundParts().Create(Root, "a"u8).Bytes))).Status);
        Assert.Equal(Errno.None, (await reader.SendAsync(call, new CompoundBody(new CompoundParts().GetAttr(Root).Bytes))).Status);
        call.Epoch = new Epoch(call.Epoch.Value + 1);
        Assert.Equal(Errno.WrongEpoch, (await reader.SendAsync(call, new CompoundBody(new CompoundParts().GetAttr(Root).Bytes))).Status);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "a")).Status);
    }

    [Fact]
    public async Task Quota_counts_what_earlier_parts_have_staged()
    {
        await using var small = await NodeHarness.StartAsync(quotaInodes: 4);
        await using var client = await small.ConnectAsync();
        await client.GetAttrAsync(small.Root);
        var parts = new CompoundParts();
        for (byte name = (byte)'a'; name < 'a' + 8; name++)
            parts.Create(small.Root, [name]);
        var call = client.Call(Opcode.Compound, small.Root.Shard);
        call.Compound = true;
        Assert.Contains((await client.SendAsync(call, new CompoundBody(parts.Bytes))).Status, new[] { Errno.Busy, Errno.ENOSPC });
        Assert.Equal(Errno.ENOENT, (await client.LookupAsync(small.Root, "a")).Status);
    }

    [Fact]
    public async Task Too_much_is_refused()
    {
        var most = new CompoundParts();
        for (var count = 0; count < NodeLimits.CompoundParts; count++)
            most.GetAttr(Root);
        Assert.Equal(NodeLimits.CompoundParts, CompoundParts.Answers(await AskAsync(most.Bytes)).Count);
        Assert.Equal(Errno.Malformed, (await AskAsync(most.GetAttr(Root).Bytes)).Status);

        var remembered = new CompoundParts();
        for (var count = 0; count < 100; count++)
            remembered.Create(Root, [(byte)'f', (byte)(128 + count)]);
        Assert.Equal(Errno.E2BIG, (await ChangeAsync(remembered)).Status);
        Assert.Equal(0u, (await _client.ReadDirAsync(Root)).As<ReadDirReply>().Count);
    }

    [Fact]
    public async Task What_is_not_understood_is_malformed_and_the_connection_goes_on()
    {
        var good = new CompoundParts().Create(Root, "a"u8).GetAttr(Root).Bytes;
        for (var length = 0; length < good.Length; length++)
        {
            // Cut between two parts it is a good compound of the first.
            if (length != CompoundWriter.OperationHeadBytes + NodeClient.CreateMessage(Root, "a"u8).Size)
                Assert.Equal(Errno.Malformed, (await AskAsync(good[..length])).Status);
        }

        Assert.Equal(Errno.Malformed, (await AskAsync(new CompoundParts().Add(Opcode.Compound, new CompoundBody(good)).Bytes)).Status);
        Assert.Equal(Errno.Malformed, (await AskAsync(new CompoundParts().Add((Opcode)99, default(EmptyMessage)).Bytes)).Status);
        Assert.Equal(Errno.Malformed, (await AskAsync(new CompoundParts().GetAttr(Root).Add(Opcode.GetAttr, default(EmptyMessage)).Bytes)).Status);
        var call = _client.Call(Opcode.Create, Root.Shard);
        call.Compound = true;
        Assert.Equal(Errno.Malformed, (await _client.SendAsync(call, new CompoundBody(good))).Status);
        Assert.Equal(Errno.Malformed, (await _client.AskAsync(Opcode.Compound, Root.Shard, new CompoundBody(good))).Status);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "a")).Status);
    }

    [Fact]
    public async Task Damaged_compounds_hurt_nobody()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var name = new byte[random.Next(1, 20)];
            random.NextBytes(name);
            var bytes = new CompoundParts().Create(Root, name).Lookup(Root, name).Unlink(Root, name).Open(Root, 3).GetAttr(Root).Bytes;
            for (var change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            await SendAsync(bytes[..random.Next(bytes.Length + 1)], new Sequence((ulong)random.Next(1, 50)), (ushort)random.Next(8), resent: random.Next(2) == 0);
        }

        Assert.Equal(Errno.None, (await _client.GetAttrAsync(Root)).Status);
        Assert.Equal(Errno.None, (await ChangeAsync(new CompoundParts().Create(Root, "after"u8).Unlink(Root, "after"u8))).Status);
    }

    private Task<NodeAnswer> ChangeAsync(CompoundParts parts, byte[]? payload = null) => SendAsync(parts.Bytes, new Sequence(_sequence++), slot: 1, payload: payload);

    private Task<NodeAnswer> AskAsync(byte[] body) => SendAsync(body, default, slot: 0);

    private Task<NodeAnswer> SendAsync(byte[] body, Sequence sequence, ushort slot, bool resent = false, byte[]? payload = null)
    {
        var call = _client.Call(Opcode.Compound, Root.Shard);
        call.Compound = true;
        call.Sequence = sequence;
        call.Slot = slot;
        call.Generation = _client.Generation;
        call.Resent = resent;
        return _client.SendAsync(call, new CompoundBody(body), payload);
    }
}
