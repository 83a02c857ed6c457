using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.Tests.Routing;

/// <summary>What a client may say of a directory that it fills, and when it must ask.</summary>
public sealed class KnownNamesTests
{
    private const long ValidMs = NameLease.DurationMs - NameLease.MarginMs;

    private static readonly InodeId s_directory = new(0x5_0000_0000_0001);
    private static readonly NameLease s_first = new(7, WasEmpty: true);
    private static readonly NameLease s_next = new(7, WasEmpty: false);

    private readonly KnownNames _names;
    private long _nowMs = 1_000;

    public KnownNamesTests() => _names = new KnownNames(() => _nowMs);

    [Fact]
    public void Nothing_is_known_of_a_directory_that_nobody_fills()
    {
        Assert.False(_names.IsAbsent(s_directory, 1));
        Add(1, default);
        Assert.False(_names.IsAbsent(s_directory, 2));
    }

    [Fact]
    public void From_its_first_name_on_what_was_not_added_is_absent()
    {
        Add(1, s_first);
        Assert.False(_names.IsAbsent(s_directory, 1));
        Assert.True(_names.IsAbsent(s_directory, 2));
        Assert.False(_names.IsAbsent(new InodeId(s_directory.Value + 1), 2));
    }

    [Fact]
    public void A_name_counts_as_there_from_the_moment_when_it_is_sent()
    {
        Add(1, s_first);
        _names.Sending(s_directory, 2);
        Assert.False(_names.IsAbsent(s_directory, 2));
        _names.Answered(s_directory, default, _nowMs);
        Assert.False(_names.IsAbsent(s_directory, 2));
    }

    [Fact]
    public void Names_that_were_under_way_with_the_first_are_known_whatever_their_order()
    {
        _names.Sending(s_directory, 1);
        _names.Sending(s_directory, 2);
        _names.Answered(s_directory, s_next, _nowMs);
        Assert.False(_names.IsAbsent(s_directory, 3));
        _names.Answered(s_directory, s_first, _nowMs);
        Assert.False(_names.IsAbsent(s_directory, 1));
        Assert.False(_names.IsAbsent(s_directory, 2));
        Assert.True(_names.IsAbsent(s_directory, 3));
    }

    [Fact]
    public void A_lease_is_believed_from_when_the_request_was_sent_and_a_renewal_takes_it_up_again()
    {
        Add(1, s_first);
        _nowMs += ValidMs - 1;
        Assert.True(_names.IsAbsent(s_directory, 9));
        _nowMs++;
        Assert.False(_names.IsAbsent(s_directory, 9));
        _names.Sending(s_directory, 2);
        var sentMs = _nowMs;
        _nowMs += 10;
        _names.Answered(s_directory, s_next, sentMs);
        _nowMs = sentMs + ValidMs - 1;
        Assert.True(_names.IsAbsent(s_directory, 9));
        Assert.False(_names.IsAbsent(s_directory, 1));
        Assert.False(_names.IsAbsent(s_directory, 2));
        _nowMs++;
        Assert.False(_names.IsAbsent(s_directory, 9));
    }

    [Fact]
    public void A_lease_of_another_number_says_that_others_have_added_names()
    {
        Add(1, s_first);
        Add(2, new NameLease(8, WasEmpty: false));
        Assert.False(_names.IsAbsent(s_directory, 9));
        Add(3, s_next);
        Assert.False(_names.IsAbsent(s_directory, 9));
        Add(4, new NameLease(9, WasEmpty: true));
        Assert.True(_names.IsAbsent(s_directory, 9));
    }

    [Fact]
    public void Too_many_names_are_none()
    {
        Add(1, s_first);
        for (var name = 2UL; name <= Limits.KnownNamesPerDirectory; name++)
            Add(name, s_next);
        Assert.True(_names.IsAbsent(s_directory, 0));
        Add(Limits.KnownNamesPerDirectory + 1, s_next);
        Assert.False(_names.IsAbsent(s_directory, 0));
    }

    [Fact]
    public void Where_there_are_too_many_directories_those_under_way_or_in_force_stay()
    {
        _names.Sending(s_directory, 1);
        for (var number = 0; number < 2 * Limits.KnownNamesDirectories; number++)
        {
            var directory = new InodeId(s_directory.Value + 1 + (ulong)number);
            _names.Sending(directory, 1);
            _names.Answered(directory, s_first, _nowMs);
            Assert.True(_names.IsAbsent(directory, 2));
            _nowMs++;
        }
        _names.Answered(s_directory, s_first, _nowMs);
        Assert.True(_names.IsAbsent(s_directory, 2));
        Assert.False(_names.IsAbsent(s_directory, 1));
    }

    private void Add(ulong name, NameLease lease)
    {
        _names.Sending(s_directory, name);
        _names.Answered(s_directory, lease, _nowMs);
    }
}
