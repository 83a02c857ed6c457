using SealFs.Core;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Tokens;
using SealFs.Core.Wire;
using SealFs.StorageNode.Tests.Hosting;
using Xunit;

namespace SealFs.StorageNode.Tests.Sessions;

/// <summary>Whom a node lets in, with a real manager: sessions that ended, tokens that were stolen, roles that were not given.</summary>
public sealed class AdmissionTests : IAsyncLifetime
{
    private NodeHarness _node = null!;

    public async ValueTask InitializeAsync() => _node = await NodeHarness.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_session_that_ended_does_not_come_back_when_the_node_restarts()
    {
        await using var fenced = await _node.ConnectAsync();
        await using var living = await _node.ConnectAsync();
        Assert.Equal(Errno.None, (await fenced.CreateAsync(_node.Root, "file")).Status);
        Assert.Equal(Errno.None, (await living.GetAttrAsync(_node.Root)).Status);
        await _node.Control.CloseSessionAsync(fenced.Session, fenced.Key);
        await Eventually.TrueAsync(() => _node.Host.Node.Sessions.HasEnded(fenced.Session));
        await _node.RestartNodeAsync();
        await ServedAsync(living);
        await RefusedAsync(fenced);

        // Opened after the restart, so it is not in the node's list.
        await using var later = await _node.ConnectAsync();
        await ServedAsync(later);
    }

    [Fact]
    public async Task A_session_that_ended_while_the_node_was_away_is_refused()
    {
        await using var fenced = await _node.ConnectAsync();
        await ServedAsync(fenced);
        await _node.Host.DisposeAsync();
        await _node.Control.CloseSessionAsync(fenced.Session, fenced.Key);
        await _node.StartNodeAsync();
        await _node.WaitForVolumeAsync();
        await RefusedAsync(fenced);
    }

    [Fact]
    public async Task A_client_whose_session_ends_hears_it_at_Hello()
    {
        await using var fenced = await _node.ConnectAsync();
        await ServedAsync(fenced);
        await _node.Control.CloseSessionAsync(fenced.Session, fenced.Key);
        await RefusedAsync(fenced);
    }

    [Fact]
    public async Task A_token_that_was_read_on_the_wire_is_worth_nothing_without_its_key()
    {
        await using var owner = await _node.ConnectAsync();
        await using var thief = await _node.ConnectAsync();
        thief.ActAs(owner);
        thief.Key = BearerKey.Create();
        await RefusedAsync(thief);

        // With the public key, which is on the wire too, and a signature by another one.
        await using var other = await _node.ConnectAsync();
        other.ActAs(owner);
        other.ShownKey = owner.Key.PublicKey;
        other.Key = BearerKey.Create();
        await RefusedAsync(other);
        await ServedAsync(owner);
    }

    [Fact]
    public async Task The_role_Admin_needs_a_token_for_administration()
    {
        await using var client = await _node.ConnectAsync();
        client.Role = PeerRole.Admin;
        await RefusedAsync(client);

        var session = await _node.Control.OpenSessionAsync(new OpenSessionRequest { Volume = _node.Volume.Name, Administration = true });
        await using var administrator = new NodeClient(_node, session, generation: 0) { Role = PeerRole.Admin };
        await ServedAsync(administrator);
        Assert.Equal(Errno.None, (await administrator.AskAsync(Opcode.ScanShard, _node.Root.Shard, new ScanRequest { Cursor = [] })).Status);
        Assert.Equal(Errno.EROFS, (await administrator.CreateAsync(_node.Root, "file")).Status);

        await using var mount = new NodeClient(_node, session, generation: 0) { Role = PeerRole.Client };
        await RefusedAsync(mount);
    }

    private Task ServedAsync(NodeClient client) => Eventually.TrueAsync(async () => (await AskAsync(client)).Status == Errno.None);

    private async Task RefusedAsync(NodeClient client)
    {
        while (!client.FirstRefusal.IsCompleted)
            await AskAsync(client);
        Assert.Equal(Errno.SessionRefused, await client.FirstRefusal);
        Assert.NotEqual(Errno.None, (await AskAsync(client)).Status);
    }

    private Task<NodeAnswer> AskAsync(NodeClient client)
    {
        var call = client.Call(Opcode.GetAttr, _node.Root.Shard);
        call.TimeoutMs = 2000;
        return client.SendAsync(call, new InodeRequest(_node.Root));
    }
}
