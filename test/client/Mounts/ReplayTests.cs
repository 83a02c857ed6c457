using Microsoft.Extensions.Logging.Abstractions;
using SealFs.Core;
using SealFs.Core.Control;
using SealFs.Core.Control.V1;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.Mounts;

/// <summary>What a successor of a worker sends again must be answered as before, with a body that this client can read.</summary>
public sealed class ReplayTests
{
    [Theory]
    [InlineData(Opcode.Mkdir)]
    [InlineData(Opcode.Rmdir)]
    [InlineData(Opcode.Create)]
    [InlineData(Opcode.Unlink)]
    public async Task A_repeated_mutation_is_answered_as_before(Opcode opcode)
    {
        await using var cluster = await TestCluster.StartAsync();
        using var manager = new ControlClient([cluster.ManagerAddress]);
        var session = ClientSession.FromProto(await manager.OpenSessionAsync(
            new OpenSessionRequest { Volume = TestCluster.Volume, ClientName = "replay" }, TestContext.Current.CancellationToken))!;
        await using var connection = Connect(session);
        if (opcode is Opcode.Rmdir or Opcode.Unlink)
            Assert.Equal(Errno.None, (await SendAsync(connection, session, opcode == Opcode.Rmdir ? Opcode.Mkdir : Opcode.Create, 1, generation: 0, resent: false)).Status);
        var first = await SendAsync(connection, session, opcode, 2, generation: 0, resent: false);
        Assert.Equal(Errno.None, first.Status);
        var again = await SendAsync(connection, session, opcode, 2, generation: 1, resent: true);
        Assert.Equal(Errno.None, again.Status);
        Assert.Equal(first.Body, again.Body);
    }

    private static RpcConnection Connect(ClientSession session)
    {
        var node = session.Map.Node(session.Map.PrimaryOf(session.Root.Shard))!;
        Assert.True(RpcEndpoint.TryParse(node.Address, out var endpoint));
        return new RpcConnection(endpoint!, new RpcClientOptions
        {
            Logger = NullLogger.Instance,
            Hello = (body, attempt) => session.WriteHello(body, attempt, PeerRole.Client, generation: 0, default),
            Prove = (body, attempt, challenge) => session.WriteHello(body, attempt, PeerRole.Client, generation: 0, challenge),
        });
    }

    private static async Task<(Errno Status, byte[] Body)> SendAsync(
        RpcConnection connection, ClientSession session, Opcode opcode, ulong sequence, ushort generation, bool resent)
    {
        var shard = session.Root.Shard;
        var call = new RpcCall
        {
            Opcode = opcode,
            Shard = shard,
            Epoch = session.Map.EpochOf(shard),
            Session = session.Id,
            Volume = session.VolumeId,
            Sequence = new(sequence),
            Slot = 5,
            Generation = generation,
            Resent = resent,
        };
        while (true)
        {
            // Busy asks to come again: nothing was executed.
            using var response = await Call(connection, session.Root, opcode, in call);
            await Task.Yield();
            if (response.Status != Errno.Busy)
                return (response.Status, response.Body.ToArray());
        }
    }

    private static ValueTask<RpcResponse> Call(RpcConnection connection, InodeId root, Opcode opcode, in RpcCall call) => opcode switch
    {
        Opcode.Mkdir => connection.CallAsync(in call, new MkdirRequest { Directory = root, Mode = 0x41ED, Name = "name"u8 }),
        Opcode.Create => connection.CallAsync(in call, new CreateRequest { Directory = root, Mode = 0x81A4, Name = "name"u8 }),
        _ => connection.CallAsync(in call, new RemoveRequest { Directory = root, Name = "name"u8 }),
    };
}
