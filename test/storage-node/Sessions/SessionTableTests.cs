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
    public void A_connection_ends_those_in_whose_place_it_came()
    {
        var broken = Connect(generation: 7, attempt: new(11, 1));
        var lane = Connect(generation: 7, attempt: new(12, 1));
        var silent = Connect(generation: 7);
        var next = Connect(generation: 7, attempt: new(11, 2));
        Assert.True(broken.Ended);
        Assert.False(lane.Ended || silent.Ended || next.Ended);
        Assert.True(Connect(generation: 7, attempt: new(11, 1)).Ended);
        Assert.False(next.Ended);
    }

    [Fact]
    public void A_lost_connection_has_ended()
    {
        var lost = Connect(generation: 7);
        _table.Lost(lost);
        Assert.True(lost.Ended);
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Other_sessions_are_left_alone()
    {
        var other = Connect(generation: 1, session: 2);
        Connect(generation: 9);
        Assert.False(other.Ended);
    }

    private Session Connect(ushort generation, ulong session = 1, ConnectionAttempt attempt = default)
    {
        var connection = new Session(new SessionId(session), PeerRole.Client, new VolumeId(1), ReadOnly: false, generation) { Attempt = attempt };
        _table.Add(connection);
        return connection;
    }
}
