using SealFs.Client.Routing;
using SealFs.Core.Messages;
using SealFs.Core.Wire;

namespace SealFs.Client.FileSystem;

/// <content>
/// FUSE_READDIRPLUS: attributes that did not come with a listing because the inode lives in another shard (subdirectories, hard links, files whose directory has
/// split since). They are asked for shard by shard, all shards at once, so that the kernel need not look every entry up.
/// </content>
internal sealed partial class SealFileSystem
{
    private async ValueTask CompleteListingAsync(KeptListing listing)
    {
        var attributes = ListingAttributes.Of(listing.Entries, (int)listing.Attributed, _directories);
        if (attributes is null)
            return;
        listing.Besides = attributes;
        var first = 0;
        while (attributes.TryNextGroup(ref first, out var count))
        {
            FetchGroupAsync(attributes, first, count);
            first += count;
        }
        attributes.Complete();
        await attributes.Task;
    }

    /// <summary>
    /// An inode that is gone, or a split directory, refuses the whole compound: it is asked for again without that one. When nobody answers in time the entries
    /// are listed without attributes, and the kernel looks them up.
    /// </summary>
    private async Detached FetchGroupAsync(ListingAttributes attributes, int first, int count)
    {
        var call = _router.Rent();
        call.LimitTime(Limits.AttributesMs);
        while (count > 0)
        {
            Encode(call, attributes, first, count);
            using var answer = await call.SendAsync(Opcode.Compound, attributes.ShardOf(first));
            if (answer.TryRead(out Core.Rpc.CompoundBody body) == Core.Errno.None)
                attributes.Take(body.Operations, first, count);
            if (!answer.TryReadRefusal(out CompoundFailure failure) || failure.Index >= count)
                break;
            attributes.Drop(first, count--, (int)failure.Index);
        }
        _router.Return(call);
        attributes.Complete();
    }

    private static void Encode(RoutedCall call, ListingAttributes attributes, int first, int count)
    {
        var writer = call.BeginCompound();
        attributes.Ask(ref writer, first, count);
        call.EndCompound(in writer);
    }
}
