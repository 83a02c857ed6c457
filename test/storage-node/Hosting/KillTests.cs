using System.Collections.Concurrent;
using System.Text;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Names;
using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>kill -9 of a node's process under load: whatever was acknowledged is there when it is back, and what was not can be asked again.</summary>
public sealed class KillTests : IAsyncLifetime
{
    private const int Writers = 4;
    private const int Rounds = 3;

    private NodeHarness _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeHarness.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost()
    {
        await using var client = await _node.ConnectAsync();
        var present = new ConcurrentDictionary<string, InodeId>();
        var gone = new ConcurrentDictionary<string, byte>();
        await _node.Host.DisposeAsync();
        for (var round = 0; round < Rounds; round++)
        {
            using var stop = new CancellationTokenSource();
            var child = await ChildHost.StartAsync(_node.Options());
            var before = present.Count;
            var writers = Enumerable.Range(0, Writers).Select(writer => WriteAsync(client, $"{round}-{writer}", present, gone, stop.Token)).ToArray();
            await Eventually.TrueAsync(() => present.Count >= before + 300);
            await child.DisposeAsync();
            await stop.CancelAsync();

            // The load has no answer to what was under way; a node that is back gives it.
            await using var next = await ChildHost.StartAsync(_node.Options());
            await Task.WhenAll(writers);
            await CheckAsync(client, present, gone);
        }

        // Nobody has anything open.
        _node.ReassertTime = TimeSpan.Zero;
        await _node.StartNodeAsync();
        await _node.WaitForVolumeAsync();
        var names = await Listing.NamesAsync(client, _node.Root, 65_536);
        Assert.Equal(present.Keys.Order(), names.Order());
        var root = (await client.GetAttrAsync(_node.Root)).As<AttributesReply>().Attributes;
        Assert.Equal(Math.Max(4096, 32ul * (ulong)names.Count), root.SizeBytes);
        await Eventually.TrueAsync(() => _node.Host.Node.Usage(client.Volume).Inodes == names.Count + 1);
    }

    /// <summary>Creates files and removes every third of them, each request repeated until it is answered.</summary>
    private async Task WriteAsync(
        NodeClient client, string prefix, ConcurrentDictionary<string, InodeId> present, ConcurrentDictionary<string, byte> gone, CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var name = $"{prefix}-{number}";
            var made = await RepeatAsync(resent => client.ChangeAsync(
                Opcode.Create, _node.Root.Shard, NodeClient.CreateMessage(_node.Root, Encoding.UTF8.GetBytes(name)), client.NextSequence(name), resent, SlotOf(name)));
            present[name] = made.As<EntryReply>().Attributes.Inode;
            if (number % 3 != 0)
                continue;
            var removed = await RepeatAsync(resent => client.ChangeAsync(
                Opcode.Unlink, _node.Root.Shard, new RemoveRequest { Directory = _node.Root, Name = Encoding.UTF8.GetBytes(name) }, client.NextSequence(name + "-"), resent, SlotOf(name)));
            Assert.Equal(Errno.None, removed.Status);
            Assert.True(present.TryRemove(name, out _));
            gone[name] = 0;
        }
    }

    private static async Task<NodeAnswer> RepeatAsync(Func<bool, Task<NodeAnswer>> send)
    {
        for (var resent = false; ; resent = true)
        {
            var answer = await send(resent);
            if (answer.Status is not (Errno.Disconnected or Errno.ETIMEDOUT or Errno.Busy or Errno.WrongEpoch))
                return answer;
        }
    }

    private async Task CheckAsync(NodeClient client, ConcurrentDictionary<string, InodeId> present, ConcurrentDictionary<string, byte> gone)
    {
        foreach (var (name, inode) in present)
        {
            var found = (await client.LookupAsync(_node.Root, name)).As<EntryReply>();
            Assert.Equal(inode, found.Attributes.Inode);
            Assert.True(found.Complete);
        }

        foreach (var name in gone.Keys)
            Assert.Equal(Errno.ENOENT, (await client.LookupAsync(_node.Root, name)).Status);
    }

    /// <summary>One slot for each writer: it has one request under way.</summary>
    private static ushort SlotOf(string name) => (ushort)int.Parse(name.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
}
