using SealFs.Client.Routing;
using SealFs.Core;
using SealFs.Core.Messages;

namespace SealFs.Client.FileSystem;

/// <content>Fetching entries with their attributes before the kernel looks them up: see <see cref="LookAhead"/>.</content>
internal sealed partial class SealFileSystem
{
    /// <summary>The pages are small: the lookups that go on meanwhile wait behind them.</summary>
    private async Detached FetchAheadAsync(AheadEntries entries)
    {
        var call = _router.Rent();
        call.LimitTime(Limits.AttributesMs);
        var position = entries.Position;
        while (position + 1 < EndPosition && entries.Added < Limits.AheadEntries)
        {
            var askedMs = _router.Execution.NowMs;
            var moment = _ahead.Changes.Now;
            var (status, listing) = await FetchListingAsync(call, entries.Directory, position, Limits.AheadBytes, ReadDirFlags.Attributes);
            if (status != Errno.None)
                break;
            using (listing)
            {
                await CompleteListingAsync(listing!);
                entries.Add(listing!, askedMs, moment);
                position = listing!.IsEnd ? DirectoryPosition.EndOfRange(listing.Partition, listing.Depth) - 1 : LastPosition(listing);
            }
        }
        entries.Position = position + 1 < EndPosition ? position : ulong.MaxValue;
        _ahead.Ended(entries);
        _router.Return(call);
    }

    private static ulong LastPosition(KeptListing listing)
    {
        var last = listing.Position;
        var reader = new Core.Wire.WireReader(listing.Entries);
        while (reader.Remaining > 0 && DirectoryEntry.TryRead(ref reader, out var entry))
            last = entry.Position;
        return last;
    }
}
