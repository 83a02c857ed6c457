using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.StorageNode.Sessions;
using Xunit;

namespace SealFs.StorageNode.Tests.Sessions;

public sealed class SessionTableTests
{
    private readonly SessionTable _table = new(TimeProvider.System);

    [Fact]
    public void A_later_worker_fences_off_the_connections_of_an_earlier_one()
    {
        var first = Connect(generation: 7);
        var second = Connect(generation: 7);
        Assert.False(first.Ended || second.Ended);

        var successor = Connect(generation: 8);
        Assert.True(first.Ended && second.Ended);
        Assert.False(successor.Ended);
    }

    [Fact]
    public void A_connection_of_a_dead_worker_that_arrives_late_is_fenced_off_itself()
    {
        var successor = Connect(generation: 8);
        Assert.True(Connect(generation: 7).Ended);
        Assert.False(successor.Ended);
    }

    [Fact]
    public void Generations_wrap_around()
    {
        var last = Connect(generation: ushort.MaxValue);
        Assert.False(Connect(generation: 0).Ended);
        Assert.True(last.Ended);
    }

    [Fact]
    public void Other_sessions_are_left_alone()
    {
        var other = Connect(generation: 1, session: 2);
        Connect(generation: 9);
        Assert.False(other.Ended);
    }

    private Session Connect(ushort generation, ulong session = 1)
    {
        var connection = new Session(new SessionId(session), PeerRole.Client, new VolumeId(1), ReadOnly: false, generation);
        _table.Add(connection);
        return connection;
    }
}
