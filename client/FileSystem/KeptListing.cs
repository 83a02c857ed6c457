using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Rpc;

namespace SealFs.Client.FileSystem;

/// <summary>
/// What a server answered to a READDIR and the kernel had no room for yet. It belongs to one open directory; if it is lost, it is asked for again.
/// </summary>
internal sealed class KeptListing : IDisposable
{
    private RpcBuffer? _entries;

    /// <summary>Position of the last entry that was handed to the kernel: where the next READDIR goes on.</summary>
    public ulong Position { get; set; }

    /// <summary>Bytes of <see cref="Entries"/> that were handed out.</summary>
    public int Cursor { get; set; }

    /// <summary>Entries still to come that were asked for with attributes; those behind them bring names alone.</summary>
    public uint Attributed { get; set; }

    /// <summary>Nothing follows in this partition.</summary>
    public bool IsEnd { get; private init; }

    public PartitionIndex Partition { get; private init; }

    public int Depth { get; private init; }

    /// <summary>Attributes that were asked for besides, or null.</summary>
    public ListingAttributes? Besides { get; set; }

    /// <summary>When the server answered, ms of the client's clock.</summary>
    public long TakenMs { get; private init; }

    public ReadOnlySpan<byte> Entries => _entries is null ? default : _entries.Span;

    public bool IsExhausted => Cursor >= Entries.Length;

    public static KeptListing Of(ReadOnlySpan<byte> entries, in ReadDirReply reply, PartitionIndex partition, ulong after, long nowMs)
    {
        var listing = new KeptListing { IsEnd = reply.End, Partition = partition, Depth = reply.Depth, Position = after, Attributed = reply.Attributed, TakenMs = nowMs };
        if (entries.Length == 0)
            return listing;
        listing._entries = RpcBuffer.Rent(entries.Length);
        entries.CopyTo(listing._entries.Span);
        return listing;
    }

    public void Dispose()
    {
        _entries?.Dispose();
        _entries = null;
        Besides?.Dispose();
        Besides = null;
    }
}
