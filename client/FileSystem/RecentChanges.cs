using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Placement;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Whether this client has changed an inode or a name since a moment, for attributes that were asked for before anybody wanted them. A fixed table in which what falls
/// into the same place counts as changed too.
/// </summary>
internal sealed class RecentChanges
{
    private const int IndexShift = 64 - 12;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    private readonly long[] _changed = new long[1 << (64 - IndexShift)];
    private long _now;

    /// <summary>The moment: take it before asking.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>A server has answered to a change of the inode; before the kernel hears of it.</summary>
    public void Note(InodeId inode) => Note(inode.Value);

    /// <summary>The same for a name that came, went, or stands for something else.</summary>
    public void Note(InodeId directory, ReadOnlySpan<byte> name) => Note(KeyOf(directory, DirectoryPosition.FromHash(PlacementHash.Name(name))));

    public bool Has(InodeId inode, long since) => Has(inode.Value, since);

    public bool Has(InodeId directory, ulong position, long since) => Has(KeyOf(directory, position), since);

    private static ulong KeyOf(InodeId directory, ulong position) => directory.Value * Multiplier ^ position;

    private void Note(ulong key) => Volatile.Write(ref PlaceOf(key), Interlocked.Increment(ref _now));

    private bool Has(ulong key, long since) => Volatile.Read(ref PlaceOf(key)) > since;

    private ref long PlaceOf(ulong key) => ref _changed[(key * Multiplier) >> IndexShift];
}
