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

    [Fact]
    public void Nobody_is_let_in_before_the_manager_has_said_who_lives()
    {
        Assert.False(_table.IsListed);
        Assert.False(_table.IsLive(new SessionId(1), number: 0));
        _table.Listed([new SessionId(1)], newest: 10);
        Assert.True(_table.IsListed);
        Assert.True(_table.IsLive(new SessionId(1), number: 3));
    }

    [Fact]
    public void What_is_not_listed_has_ended_unless_it_was_opened_later()
    {
        _table.Listed([new SessionId(1)], newest: 10);
        Assert.False(_table.IsLive(new SessionId(2), number: 10));
        Assert.True(_table.IsLive(new SessionId(3), number: 11));
        _table.End(new SessionId(3));
        Assert.False(_table.IsLive(new SessionId(3), number: 11));
        _table.End(new SessionId(1));
        Assert.False(_table.IsLive(new SessionId(1), number: 3));
    }

    [Fact]
    public void Ended_sessions_do_not_come_back_when_more_have_ended_than_are_remembered()
    {
        var table = new SessionTable(TimeProvider.System, endedCapacity: 3);
        table.Listed([], newest: 0);
        for (ulong number = 1; number <= 4; number++)
            table.End(new SessionId(number));
        Assert.False(table.IsListed);
        table.Listed([], newest: 4);
        Assert.True(table.IsListed);
        Assert.All(Enumerable.Range(1, 4), number => Assert.False(table.IsLive(new SessionId((ulong)number), (ulong)number)));
    }

    [Fact]
    public void A_session_that_ended_while_it_was_greeted_is_over()
    {
        _table.End(new SessionId(1));
        var late = Connect(generation: 1);
        Assert.True(late.Ended && late.IsOver);
    }

    private Session Connect(ushort generation, ulong session = 1, ConnectionAttempt attempt = default)
    {
        var connection = new Session(new SessionId(session), PeerRole.Client, new VolumeId(1), ReadOnly: false, generation) { Attempt = attempt };
        _table.Add(connection);
        return connection;
    }
}
