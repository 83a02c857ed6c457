using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.FileSystem;

/// <summary>
/// Entries of one directory whose attributes were asked for before the kernel looks them up. Each is given once: who looks at an entry again may want to see what has changed.
/// </summary>
internal sealed class AheadEntries(InodeId directory, TimeProvider time)
{
    private readonly Dictionary<ulong, Entry> _entries = [];
    private readonly List<byte[]> _names = [];
    private readonly Lock _gate = new();

    public InodeId Directory { get; } = directory;

    /// <summary>Entries that were added; <see cref="Taken"/> of them were wanted.</summary>
    public int Added { get; private set; }

    public int Taken { get; private set; }

    /// <summary>When the last page came, ms of the clock.</summary>
    public long AddedMs { get; private set; } = time.Milliseconds();

    /// <summary>Where the directory goes on behind these.</summary>
    public ulong Position { get; set; }

    /// <summary>More is on its way.</summary>
    public bool IsFetching { get; set; } = true;

    /// <summary>Adds a page. Entries whose attributes could not be had are left to the kernel's own question.</summary>
    /// <param name="page">The page, and the attributes that came besides.</param>
    /// <param name="askedMs">When it was asked for.</param>
    /// <param name="moment">The moment of <see cref="RecentChanges"/> before it was asked for.</param>
    public void Add(KeptListing page, long askedMs, long moment)
    {
        var names = page.Entries.ToArray();
        lock (_gate)
        {
            _names.Add(names);
            AddedMs = askedMs;
            var reader = new WireReader(names);
            while (reader.Remaining > 0 && DirectoryEntry.TryRead(ref reader, out var entry))
            {
                var attributes = entry.Attributes;
                if (!entry.HasAttributes)
                {
                    var isKnown = page.Besides is not null && page.Besides.TryGet(entry.Inode, out attributes);
                    page.Besides?.MoveNext();
                    if (!isKnown)
                        continue;
                }
                var nameEnd = reader.Position - (entry.HasAttributes ? InodeAttributes.WireSize : 0);
                if (_entries.TryAdd(entry.Position, new Entry(attributes, _names.Count - 1, nameEnd - entry.Name.Length, entry.Name.Length, askedMs, moment)))
                    Added++;
            }
        }
    }

    /// <summary>Takes an entry out, if it is there, not older than <paramref name="maxAgeMs"/>, and this client has not changed it.</summary>
    public bool TryTake(ReadOnlySpan<byte> name, ulong position, RecentChanges changes, int maxAgeMs, out InodeAttributes attributes, out int ageMs)
    {
        lock (_gate)
        {
            attributes = default;
            ageMs = 0;
            if (!_entries.TryGetValue(position, out var entry) || !name.SequenceEqual(_names[entry.Page].AsSpan(entry.NameOffset, entry.NameLength)))
                return false;
            _entries.Remove(position);
            ageMs = (int)Math.Min(time.Milliseconds() - entry.AskedMs, int.MaxValue);
            if (ageMs >= maxAgeMs || changes.Has(entry.Attributes.Inode, entry.Moment) || changes.Has(Directory, position, entry.Moment))
                return false;
            attributes = entry.Attributes;
            Taken++;
            return true;
        }
    }

    private readonly record struct Entry(InodeAttributes Attributes, int Page, int NameOffset, int NameLength, long AskedMs, long Moment);
}
