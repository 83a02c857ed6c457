namespace SealFs.Client.FileSystem;

/// <summary>The listings that are going on, by open directory; a bounded number, for a short time.</summary>
internal sealed class ListingCache
{
    private readonly Dictionary<ulong, KeptListing> _listings = [];
    private readonly Lock _gate = new();

    /// <summary>Takes the listing of an open directory out, if it goes on at this position.</summary>
    public KeptListing? Take(ulong handle, ulong position, long nowMs)
    {
        KeptListing? listing;
        lock (_gate)
        {
            if (!_listings.Remove(handle, out listing))
                return null;
        }
        if (listing.Position == position && listing.TakenMs + Limits.ListingAgeMs > nowMs)
            return listing;
        listing.Dispose();
        return null;
    }

    public void Keep(ulong handle, KeptListing listing)
    {
        KeptListing? displaced = null;
        lock (_gate)
        {
            if (_listings.Remove(handle, out var former))
                displaced = former;
            else if (_listings.Count >= Limits.KeptListings)
                _listings.Remove(_listings.MinBy(entry => entry.Value.TakenMs).Key, out displaced);
            _listings.Add(handle, listing);
        }
        displaced?.Dispose();
    }

    public void Forget(ulong handle)
    {
        KeptListing? listing;
        lock (_gate)
            _listings.Remove(handle, out listing);
        listing?.Dispose();
    }
}
