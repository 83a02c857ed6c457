using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Hosting;

/// <summary>Write verifiers over restarts: the same as long as nothing can have been lost.</summary>
[Collection(nameof(BootId))]
public sealed class VerifierTests : IAsyncLifetime
{
    private readonly BootId _boot = new();
    private NodeHarness _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeHarness.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _boot.Dispose();
    }

    [Fact]
    public async Task They_stay_over_kills_and_orderly_ends_and_change_after_a_loss_of_power()
    {
        await using var client = await _node.ConnectAsync();
        var first = await VerifiersAsync(client);
        Assert.All(first, static verifier => Assert.True(verifier.IsKnown));
        Assert.Equal(first.Length, first.Distinct().Count());

        await _node.RestartNodeAsync();
        Assert.Equal(first, await VerifiersAsync(client));
        await _node.RestartNodeAsync(_boot.Restart);
        Assert.Equal(first, await VerifiersAsync(client));
        await _node.RestartNodeAsync(ForgetEnd);
        Assert.Equal(first, await VerifiersAsync(client));

        await _node.RestartNodeAsync(() =>
        {
            ForgetEnd();
            _boot.Restart();
        });
        var second = await VerifiersAsync(client);
        Assert.Empty(first.Intersect(second));
        await _node.RestartNodeAsync(ForgetEnd);
        Assert.Equal(second, await VerifiersAsync(client));
    }

    [Fact]
    public async Task They_change_after_a_sync_that_failed()
    {
        await using var client = await _node.ConnectAsync();
        var first = await VerifiersAsync(client);
        _node.Host.Node.NoteLoss();
        Assert.Equal(first, await VerifiersAsync(client));
        await _node.RestartNodeAsync();
        Assert.Empty(first.Intersect(await VerifiersAsync(client)));
    }

    private async Task<WriteVerifier[]> VerifiersAsync(NodeClient client)
    {
        var verifiers = new WriteVerifier[_node.Host.Node.ShardCount];
        for (var shard = 0u; shard < verifiers.Length; shard++)
        {
            var answer = await client.AskAsync(Opcode.SyncVolume, new ShardId(shard), default(EmptyMessage));
            Assert.Equal(Errno.None, answer.Status);
            verifiers[shard] = answer.Verifier;
        }

        return verifiers;
    }

    /// <summary>What a kill leaves in place of the mark of an orderly end.</summary>
    private void ForgetEnd()
    {
        using var run = RunFile.Open(_node.MetadataDirectory);
        Assert.True(run.Last!.Value.HasEnded);
        run.Write(run.Last.Value.Incarnation, run.Last.Value.BootId, hasEnded: false, mayHaveLost: false);
    }
}
