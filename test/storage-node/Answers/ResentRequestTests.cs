using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Shards;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Answers;

public sealed class ResentRequestTests : IAsyncLifetime
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
    public async Task A_request_that_comes_again_gets_the_first_answer()
    {
        var first = await CreateAsync(new Sequence(1000), resent: false, slot: 3);
        var again = await CreateAsync(new Sequence(1000), resent: true, slot: 3);
        Assert.Equal(Errno.None, again.Status);
        Assert.Equal(first.Body, again.Body);
        Assert.Equal(Errno.EEXIST, (await CreateAsync(new Sequence(1001), resent: true, slot: 4)).Status);
    }

    [Fact]
    public async Task The_answer_is_found_whatever_the_slot_and_the_generation_and_kept_under_the_new_one()
    {
        var first = await CreateAsync(new Sequence(1000), resent: false, slot: 3);
        _client.Generation = 2;
        Assert.Equal(first.Body, (await CreateAsync(new Sequence(1000), resent: true, slot: 7)).Body);

        // The old slot is used by something else now.
        _client.Generation = 1;
        await _client.ChangeAsync(Opcode.Create, Root.Shard, NodeClient.CreateMessage(Root, "other"u8), new Sequence(1001), resent: false, slot: 3);
        _client.Generation = 2;
        Assert.Equal(first.Body, (await CreateAsync(new Sequence(1000), resent: true, slot: 7)).Body);
    }

    [Fact]
    public async Task The_memory_of_answers_survives_a_restart()
    {
        var made = await CreateAsync(new Sequence(1000), resent: false, slot: 3);
        var removed = await UnlinkAsync(new Sequence(1001), resent: false, slot: 4);
        await _node.RestartNodeAsync();
        Assert.Equal(made.Body, (await CreateAsync(new Sequence(1000), resent: true, slot: 3)).Body);
        Assert.Equal(removed.Body, (await UnlinkAsync(new Sequence(1001), resent: true, slot: 4)).Body);
        Assert.Equal(Errno.ENOENT, (await _client.LookupAsync(Root, "file")).Status);
    }

    [Fact]
    public async Task A_slot_holds_the_answer_of_its_last_request_alone()
    {
        await CreateAsync(new Sequence(1000), resent: false, slot: 3);
        await UnlinkAsync(new Sequence(1001), resent: false, slot: 3);
        Assert.Equal(Errno.ENOENT, (await UnlinkAsync(new Sequence(1000), resent: true, slot: 3)).Status);
    }

    [Fact]
    public async Task A_copy_that_comes_while_the_first_waits_is_answered_with_it()
    {
        var shard = _node.Host.Node.Shards.Find(Root.Shard)!;
        var transaction = new TransactionId(1);
        var key = LockKey.Dentry(Root, "file"u8);
        using (shard.Enter())
            Assert.True(shard.Locks.TryLock(key, transaction));
        var first = CreateAsync(new Sequence(1000), resent: false, slot: 3);
        await Eventually.TrueAsync(() => shard.Pending.Count == 1);
        var second = CreateAsync(new Sequence(1000), resent: true, slot: 9);
        var third = CreateAsync(new Sequence(1000), resent: true, slot: 3);
        // A lookup goes through the same loop after them: the copies have been attached when it is answered.
        await _client.LookupAsync(Root, "another");
        using (shard.Enter())
            shard.Locks.Unlock(key, transaction);

        var answers = await Task.WhenAll(first, second, third);
        Assert.All(answers, answer => Assert.Equal(Errno.None, answer.Status));
        Assert.All(answers, answer => Assert.Equal(answers[0].Body, answer.Body));
        Assert.False(answers[0].As<EntryReply>().Existed);
        Assert.Equal(0, shard.Pending.Count);
    }

    [Fact]
    public async Task Who_waits_too_long_for_a_lock_is_told_busy()
    {
        var shard = _node.Host.Node.Shards.Find(Root.Shard)!;
        var key = LockKey.Dentry(Root, "file"u8);
        using (shard.Enter())
            Assert.True(shard.Locks.TryLock(key, new TransactionId(1)));
        Assert.Equal(Errno.Busy, (await CreateAsync(new Sequence(1000), resent: false, slot: 3)).Status);
        Assert.Equal(0, shard.Pending.Count);
        using (shard.Enter())
            shard.Locks.Unlock(key, new TransactionId(1));
        Assert.Equal(Errno.None, (await CreateAsync(new Sequence(1000), resent: true, slot: 3)).Status);
    }

    [Fact]
    public async Task A_mkdir_across_shards_is_remembered_too()
    {
        var message = new MkdirRequest { Directory = Root, Name = "directory"u8, Mode = 0x41ED };
        var first = await _client.ChangeAsync(Opcode.Mkdir, Root.Shard, in message, new Sequence(1000), resent: false, slot: 1);
        var again = await _client.ChangeAsync(Opcode.Mkdir, Root.Shard, new MkdirRequest { Directory = Root, Name = "directory"u8, Mode = 0x41ED }, new Sequence(1000), resent: true, slot: 2);
        Assert.Equal(Errno.None, first.Status);
        Assert.Equal(first.Body, again.Body);
    }

    private Task<NodeAnswer> CreateAsync(Sequence sequence, bool resent, ushort slot) =>
        _client.ChangeAsync(Opcode.Create, Root.Shard, NodeClient.CreateMessage(Root, "file"u8), sequence, resent, slot);

    private Task<NodeAnswer> UnlinkAsync(Sequence sequence, bool resent, ushort slot) =>
        _client.ChangeAsync(Opcode.Unlink, Root.Shard, new RemoveRequest { Directory = Root, Name = "file"u8 }, sequence, resent, slot);
}
