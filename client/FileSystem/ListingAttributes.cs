using System.Buffers;
using System.Threading.Tasks.Sources;
using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;
using SealFs.Core.Wire;

namespace SealFs.Client.FileSystem;

/// <summary>
/// The entries of a listing that came without attributes, in the order of the listing, and what their own shards said. Those of one shard are a group, which is
/// asked for together. It is awaited once, until the last group has an answer; every group has a range of its own, so that answers need no lock.
/// </summary>
internal sealed class ListingAttributes : IValueTaskSource, IDisposable
{
    private readonly int _count;
    private readonly InodeAttributes[] _attributes;
    private readonly uint[] _shards;
    private readonly int[] _order;
    private ManualResetValueTaskSourceCore<bool> _core;
    private int _unknown;
    private int _cursor;
    private int _pending = 1;

    private ListingAttributes(int count)
    {
        _count = count;
        _attributes = ArrayPool<InodeAttributes>.Shared.Rent(count);
        _attributes.AsSpan(0, count).Clear();
        _shards = ArrayPool<uint>.Shared.Rent(count);
        _order = ArrayPool<int>.Shared.Rent(count);
    }

    /// <summary>Completes when <see cref="Complete"/> was called for every group begun, and once more.</summary>
    public ValueTask Task => new(this, _core.Version);

    /// <summary>
    /// Of the first entries, which were asked for with attributes. Null when all of those have them. Directories that the cache knows are taken from there.
    /// </summary>
    public static ListingAttributes? Of(ReadOnlySpan<byte> entries, int attributed, DirectoryCache known)
    {
        var count = CountMissing(entries, attributed);
        if (count == 0)
            return null;
        var listing = new ListingAttributes(Math.Min(count, Limits.AttributesPerListing));
        listing.Collect(entries, known);
        return listing;
    }

    /// <summary>The next entries of one shard, behind those of the group before; false when there are no more.</summary>
    public bool TryNextGroup(ref int first, out int count)
    {
        count = 0;
        while (first + count < _unknown && count < Limits.AttributesPerCompound && _shards[first + count] == _shards[first])
            count++;
        if (count > 0)
            Interlocked.Increment(ref _pending);
        return count > 0;
    }

    public ShardId ShardOf(int first) => new(_shards[first]);

    public void Ask(ref CompoundWriter writer, int first, int count)
    {
        foreach (var place in _order.AsSpan(first, count))
            writer.TryAdd(Opcode.GetAttr, new InodeRequest(_attributes[place].Inode));
    }

    /// <summary>Takes the answers to a group. What does not look as it should is left out.</summary>
    public void Take(ReadOnlySpan<byte> answers, int first, int count)
    {
        var parts = new CompoundReader(answers);
        foreach (var place in _order.AsSpan(first, count))
        {
            ref var attributes = ref _attributes[place];
            if (parts.MoveNext() && parts.TryRead(out AttributesReply reply) && reply.Attributes.Inode == attributes.Inode)
                attributes = reply.Attributes;
        }
    }

    /// <summary>Takes an entry out of a group, which has one less then.</summary>
    public void Drop(int first, int count, int index) => _order.AsSpan(first + index + 1, count - index - 1).CopyTo(_order.AsSpan(first + index));

    public void Complete()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
            _core.SetResult(true);
    }

    /// <summary>Attributes of the entry that the listing is at; false when they could not be had.</summary>
    public bool TryGet(InodeId inode, out InodeAttributes attributes)
    {
        attributes = _cursor < _count ? _attributes[_cursor] : default;
        return attributes.Inode == inode && attributes.Mode != 0;
    }

    /// <summary>The listing has gone past an entry that came without attributes.</summary>
    public void MoveNext() => _cursor++;

    public void Dispose()
    {
        ArrayPool<InodeAttributes>.Shared.Return(_attributes);
        ArrayPool<uint>.Shared.Return(_shards);
        ArrayPool<int>.Shared.Return(_order);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private static int CountMissing(ReadOnlySpan<byte> entries, int attributed)
    {
        var count = 0;
        var reader = new WireReader(entries);
        while (attributed-- > 0 && reader.Remaining > 0 && DirectoryEntry.TryRead(ref reader, out var entry))
            count += entry.HasAttributes ? 0 : 1;
        return count;
    }

    private void Collect(ReadOnlySpan<byte> entries, DirectoryCache known)
    {
        var reader = new WireReader(entries);
        for (var place = 0; place < _count && DirectoryEntry.TryRead(ref reader, out var entry);)
        {
            if (entry.HasAttributes)
                continue;
            _attributes[place].Inode = entry.Inode;
            if (known.TryGet(entry.Inode, out var attributes))
            {
                _attributes[place] = attributes;
            }
            else
            {
                _shards[_unknown] = entry.Inode.Shard.Value;
                _order[_unknown++] = place;
            }
            place++;
        }
        Array.Sort(_shards, _order, 0, _unknown);
    }
}
