using SealFs.Client.FileSystem;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;
using SealFs.Core.Wire;

namespace SealFs.Client.Tests.FileSystem;

/// <summary>Who is given entries ahead, and when those are not given.</summary>
public sealed class LookAheadTests
{
    private const uint Thread = 77;
    private const int LongMs = 60_000;

    private static readonly InodeId s_directory = new(0x5_0000_0000_0001);
    private readonly LookAhead _ahead = new(LongMs);

    [Fact]
    public void The_second_lookup_after_a_listing_calls_for_the_rest_and_marks_the_thread()
    {
        _ahead.Listed(Thread, s_directory, 100);
        Assert.Null(_ahead.Looked(Thread, s_directory, "a"u8));
        Assert.False(_ahead.LooksAtEntries(Thread));
        var entries = _ahead.Looked(Thread, s_directory, "b"u8);
        Assert.Equal((s_directory, 0UL), (entries!.Directory, entries.Position));
        Assert.True(_ahead.LooksAtEntries(Thread));
    }

    [Fact]
    public void Nobody_else_calls_for_it()
    {
        _ahead.Listed(Thread, s_directory, 100);
        for (var repetition = 0; repetition < 5; repetition++)
        {
            Assert.Null(_ahead.Looked(Thread + 1, s_directory, "a"u8));
            Assert.Null(_ahead.Looked(Thread + Limits.WatchedListers, s_directory, "a"u8));
            Assert.Null(_ahead.Looked(Thread, new InodeId(s_directory.Value + 1), "a"u8));
        }
        _ahead.Listed(Thread, s_directory, 100);
        Assert.False(_ahead.LooksAtEntries(Thread));
    }

    [Fact]
    public void Few_names_are_not_worth_it()
    {
        _ahead.Listed(Thread, s_directory, Limits.WorthLookingAhead - 1);
        for (var repetition = 0; repetition < 5; repetition++)
            Assert.Null(_ahead.Looked(Thread, s_directory, "a"u8));
    }

    [Fact]
    public void A_very_large_directory_is_fetched_from_where_the_lookups_are()
    {
        _ahead.Listed(Thread, s_directory, Limits.AheadEntries + 1);
        _ahead.Looked(Thread, s_directory, "a"u8);
        Assert.Equal(PositionOf("b"u8) - 1, _ahead.Looked(Thread, s_directory, "b"u8)!.Position);
    }

    [Fact]
    public void One_fetch_is_under_way_at_a_time_and_no_other_follows_one_that_was_not_wanted()
    {
        var entries = Begin();
        Assert.Null(_ahead.Looked(Thread, s_directory, "c"u8));
        Add(entries, 0, "d", "e", "f", "g");
        _ahead.Ended(entries);
        Assert.Null(_ahead.Looked(Thread, s_directory, "c"u8));
        Assert.True(_ahead.TryTake(s_directory, "d"u8, out _, out _));
        Assert.True(_ahead.TryTake(s_directory, "e"u8, out _, out _));
        Assert.NotNull(_ahead.Looked(Thread, s_directory, "c"u8));
    }

    [Fact]
    public void Every_entry_is_given_once()
    {
        Add(Begin(), 0, "a", "b");
        Assert.True(_ahead.TryTake(s_directory, "a"u8, out var attributes, out var ageMs));
        Assert.Equal(InodeOf("a"), attributes.Inode);
        Assert.InRange(ageMs, 0, LongMs);
        Assert.False(_ahead.TryTake(s_directory, "a"u8, out _, out _));
        Assert.False(_ahead.TryTake(s_directory, "c"u8, out _, out _));
        Assert.True(_ahead.TryTake(s_directory, "b"u8, out _, out _));
    }

    [Fact]
    public void What_changed_after_the_question_is_not_given_and_what_changed_before_is()
    {
        var entries = Begin();
        _ahead.Changes.Note(InodeOf("a"));
        _ahead.Changes.Note(s_directory, "b"u8);
        Add(entries, _ahead.Changes.Now, "a", "b", "c", "d");
        _ahead.Changes.Note(InodeOf("c"));
        _ahead.Changes.Note(s_directory, "d"u8);
        Assert.True(_ahead.TryTake(s_directory, "a"u8, out _, out _));
        Assert.True(_ahead.TryTake(s_directory, "b"u8, out _, out _));
        Assert.False(_ahead.TryTake(s_directory, "c"u8, out _, out _));
        Assert.False(_ahead.TryTake(s_directory, "d"u8, out _, out _));
    }

    [Fact]
    public void What_is_older_than_the_kernel_would_believe_is_not_given()
    {
        Add(Begin(), _ahead.Changes.Now, Environment.TickCount64 - LongMs, "a");
        Assert.False(_ahead.TryTake(s_directory, "a"u8, out _, out _));
        var never = new LookAhead(0);
        never.Listed(Thread, s_directory, 100);
        for (var repetition = 0; repetition < 5; repetition++)
            Assert.Null(never.Looked(Thread, s_directory, "a"u8));
    }

    [Fact]
    public void What_is_old_is_let_go_of_unless_more_is_on_its_way()
    {
        var entries = Begin();
        Add(entries, 0, Environment.TickCount64 - LongMs - 1, "a");
        _ahead.Trim();
        Assert.Null(_ahead.Looked(Thread, s_directory, "c"u8));
        _ahead.Ended(entries);
        _ahead.Trim();
        Assert.NotNull(_ahead.Looked(Thread, s_directory, "c"u8));
    }

    private static InodeId InodeOf(string name) => new(0x5_0000_0000_0000UL + name[0]);

    private static ulong PositionOf(ReadOnlySpan<byte> name) => DirectoryPosition.FromHash(PlacementHash.Name(name));

    private static void Add(AheadEntries entries, long moment, params string[] names) => Add(entries, moment, Environment.TickCount64, names);

    private static void Add(AheadEntries entries, long moment, long askedMs, params string[] names)
    {
        var page = new byte[4096];
        var writer = new WireWriter(page);
        foreach (var name in names)
        {
            var text = System.Text.Encoding.UTF8.GetBytes(name);
            new DirectoryEntry
            {
                Position = PositionOf(text),
                Inode = InodeOf(name),
                Mode = InodeAttributes.TypeRegular,
                HasAttributes = true,
                Name = text,
                Attributes = new InodeAttributes { Inode = InodeOf(name), Mode = InodeAttributes.TypeRegular },
            }.Write(ref writer);
        }
        using var listing = KeptListing.Of(page.AsSpan(0, writer.Position), new ReadDirReply(true, 0, (uint)names.Length, uint.MaxValue), default, 0, askedMs);
        entries.Add(listing, askedMs, moment);
    }

    private AheadEntries Begin()
    {
        _ahead.Listed(Thread, s_directory, 100);
        Assert.Null(_ahead.Looked(Thread, s_directory, "x"u8));
        return _ahead.Looked(Thread, s_directory, "y"u8)!;
    }
}
