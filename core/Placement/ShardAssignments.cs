using System.Collections;

namespace SealFs.Core.Placement;

/// <summary>
/// The assignment of every shard, immutable. Kept in pages, and versions of a map share the pages in which nothing changed: a change of one shard of a million
/// costs one page, and two versions are compared page by page.
/// </summary>
public sealed class ShardAssignments : IReadOnlyList<ShardAssignment>
{
    // 512 entries of 16 bytes: copied in a microsecond, and the pages of 2^20 shards are again few enough to be listed.
    private const int PageShift = 9;
    private const int PageSize = 1 << PageShift;

    private readonly ShardAssignment[][] pages;

    public ShardAssignments(ReadOnlySpan<ShardAssignment> shards)
    {
        Length = shards.Length;
        pages = new ShardAssignment[(Length + PageSize - 1) >> PageShift][];
        for (var page = 0; page < pages.Length; page++)
            pages[page] = shards[(page << PageShift)..Math.Min(Length, (page + 1) << PageShift)].ToArray();
    }

    private ShardAssignments(int length, ShardAssignment[][] pages)
    {
        Length = length;
        this.pages = pages;
    }

    public int Length { get; }

    int IReadOnlyCollection<ShardAssignment>.Count => Length;

    /// <exception cref="IndexOutOfRangeException">There is no such shard.</exception>
    public ShardAssignment this[int index] => pages[index >>> PageShift][index & (PageSize - 1)];

    public ShardAssignment[] ToArray()
    {
        var all = new ShardAssignment[Length];
        for (var page = 0; page < pages.Length; page++)
            pages[page].CopyTo(all, page << PageShift);
        return all;
    }

    public Enumerator GetEnumerator() => new(this);

    IEnumerator<ShardAssignment> IEnumerable<ShardAssignment>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The shards that differ, in order. The cost is that of the pages that are not shared.</summary>
    internal List<int> DifferencesTo(ShardAssignments other)
    {
        var different = new List<int>();
        for (var page = 0; page < pages.Length; page++)
        {
            if (ReferenceEquals(pages[page], other.pages[page]))
                continue;
            for (var index = 0; index < pages[page].Length; index++)
            {
                if (pages[page][index] != other.pages[page][index])
                    different.Add((page << PageShift) + index);
            }
        }
        return different;
    }

    /// <summary>With some shards replaced. Copies each page that changes once.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such shard.</exception>
    internal ShardAssignments With(IReadOnlyCollection<KeyValuePair<ShardId, ShardAssignment>> changes)
    {
        if (changes.Count == 0)
            return this;
        var next = (ShardAssignment[][])pages.Clone();
        foreach (var (shard, assignment) in changes)
        {
            var page = (int)(shard.Value >> PageShift);
            if (ReferenceEquals(next[page], pages[page]))
                next[page] = (ShardAssignment[])pages[page].Clone();
            next[page][shard.Value & (PageSize - 1)] = assignment;
        }
        return new(Length, next);
    }

    public struct Enumerator(ShardAssignments shards) : IEnumerator<ShardAssignment>
    {
        private int index = -1;

        public readonly ShardAssignment Current => shards[index];

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => ++index < shards.Length;

        public void Reset() => index = -1;

        public readonly void Dispose()
        {
        }
    }
}
