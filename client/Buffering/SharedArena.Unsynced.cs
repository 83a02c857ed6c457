using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <content>
/// Which shards have acknowledged changes of which inodes without having said that they are on stable storage, in a hash table that a successor finds. Of a file that is closed meanwhile too, until it is
/// synced or the place is needed by one that is newer.
/// </content>
internal sealed unsafe partial class SharedArena
{
    private readonly Lock _unsyncedGate = new();

    /// <summary>A shard has acknowledged a change, with this verifier.</summary>
    /// <param name="inode">Of what.</param>
    /// <param name="shard">Which shard.</param>
    /// <param name="verifier">Of its answer.</param>
    /// <param name="isKept">The change is kept here, to be sent again.</param>
    /// <returns>What this says about changes acknowledged before.</returns>
    public Loss NoteUnsynced(InodeId inode, ShardId shard, WriteVerifier verifier, bool isKept)
    {
        if (!verifier.IsKnown)
            return Loss.None;
        lock (_unsyncedGate)
        {
            var record = FindUnsynced(inode, shard, out var place);
            var loss = Loss.None;
            if (record is null)
            {
                record = place;
                Volatile.Write(ref record->Inode, 0);
                record->Shard = shard.Value;
                record->IsDropped = 0;
            }
            else if (record->Verifier != verifier.Value)
            {
                loss = LossOf(record);
                record->IsDropped = 0;
            }
            record->Verifier = verifier.Value;
            record->Order = NextOrder();
            record->IsDropped |= isKept ? 0u : 1u;
            Volatile.Write(ref record->Inode, inode.Value);
            return loss;
        }
    }

    /// <summary>
    /// A shard has acknowledged a change of which nothing is kept here: names in a directory, attributes. A loss of what it had acknowledged before stays to be found by the next sync of the inode.
    /// </summary>
    /// <param name="inode">Of what.</param>
    /// <param name="shard">Which shard.</param>
    /// <param name="verifier">Of its answer.</param>
    public void NoteUnkept(InodeId inode, ShardId shard, WriteVerifier verifier)
    {
        if (!verifier.IsKnown)
            return;
        lock (_unsyncedGate)
        {
            var record = FindUnsynced(inode, shard, out var place);
            if (record is null)
            {
                record = place;
                Volatile.Write(ref record->Inode, 0);
                record->Shard = shard.Value;
                record->Verifier = verifier.Value;
                record->IsDropped = 0;
            }
            record->IsDropped |= 1;
            record->Order = NextOrder();
            Volatile.Write(ref record->Inode, inode.Value);
        }
    }

    /// <summary>The shards that have acknowledged changes of an inode and have not said that they are on stable storage.</summary>
    public List<ShardId> UnsyncedShards(InodeId inode)
    {
        var records = (UnsyncedRecord*)(_memory + _layout.UnsyncedOffset);
        var shards = new List<ShardId>();
        lock (_unsyncedGate)
        {
            for (var i = 0; i < Limits.UnsyncedRecords; i++)
            {
                if (records[i].Inode == inode.Value)
                    shards.Add(new ShardId(records[i].Shard));
            }
        }
        return shards;
    }

    /// <summary>
    /// A shard has said that everything acknowledged before <paramref name="before"/> is on stable storage, with this verifier: when it is still the same, that is true of all of it.
    /// </summary>
    public Loss SettleUnsynced(InodeId inode, ShardId shard, WriteVerifier verifier, ulong before)
    {
        if (!verifier.IsKnown)
            return Loss.None;
        lock (_unsyncedGate)
        {
            var record = FindUnsynced(inode, shard, out _);
            if (record is null)
                return Loss.None;
            var loss = record->Verifier == verifier.Value ? Loss.None : LossOf(record);
            if (loss != Loss.None || record->Order < before)
                Volatile.Write(ref record->Inode, 0);
            return loss;
        }
    }

    /// <summary>The verifier of a shard is another now. Afterwards nothing of it is waiting.</summary>
    public Loss TakeLoss(InodeId inode, ShardId shard, WriteVerifier verifier) => SettleUnsynced(inode, shard, verifier, before: 0);

    /// <summary>The shards that have acknowledged something before <paramref name="mark"/> and after it nothing of the same inode.</summary>
    public HashSet<ShardId> UnsyncedShards(ulong mark)
    {
        var records = (UnsyncedRecord*)(_memory + _layout.UnsyncedOffset);
        var shards = new HashSet<ShardId>();
        lock (_unsyncedGate)
        {
            for (var i = 0; i < Limits.UnsyncedRecords; i++)
            {
                if (records[i].Inode != 0 && records[i].Order < mark && records[i].IsDropped != UnsyncedRecord.DroppedAndTold)
                    shards.Add(new ShardId(records[i].Shard));
            }
        }
        return shards;
    }

    /// <summary>
    /// The same as <see cref="SettleUnsynced"/> for every inode, where the verifier of the shard is known. True when something may be lost of which no sync of the volume was told yet; with
    /// <paramref name="takeLosses"/> one is told now. An fsync of the file is told all the same.
    /// </summary>
    public bool SettleAll(IReadOnlyDictionary<ShardId, WriteVerifier> verifiers, ulong before, bool takeLosses)
    {
        var records = (UnsyncedRecord*)(_memory + _layout.UnsyncedOffset);
        var isLost = false;
        lock (_unsyncedGate)
        {
            for (var i = 0; i < Limits.UnsyncedRecords; i++)
            {
                var record = records + i;
                if (record->Inode == 0 || !verifiers.TryGetValue(new ShardId(record->Shard), out var verifier) || !verifier.IsKnown)
                    continue;
                var isSame = record->Verifier == verifier.Value;
                isLost |= !isSame && record->IsDropped != UnsyncedRecord.DroppedAndTold;
                if (isSame && record->Order < before)
                    Volatile.Write(ref record->Inode, 0);
                else if (!isSame && takeLosses)
                    record->IsDropped = UnsyncedRecord.DroppedAndTold;
            }
        }
        return isLost;
    }

    public bool IsUnsynced(InodeId inode, ShardId shard)
    {
        lock (_unsyncedGate)
            return FindUnsynced(inode, shard, out _) is not null;
    }

    /// <summary>Something that the shard has acknowledged is not kept here any more.</summary>
    public void NoteDropped(InodeId inode, ShardId shard)
    {
        lock (_unsyncedGate)
        {
            var record = FindUnsynced(inode, shard, out _);
            if (record is not null)
                record->IsDropped = 1;
        }
    }

    private static Loss LossOf(UnsyncedRecord* record) => record->IsDropped != 0 ? Loss.Dropped : Loss.Kept;

    /// <summary>The record, or null and where it would be: a free place, or that of the one acknowledged longest ago, which is taken for durable then.</summary>
    private UnsyncedRecord* FindUnsynced(InodeId inode, ShardId shard, out UnsyncedRecord* place)
    {
        var records = (UnsyncedRecord*)(_memory + _layout.UnsyncedOffset);
        var hash = (inode.Value ^ ((ulong)shard.Value << 40)) * 0x9E37_79B9_7F4A_7C15 >> 32;
        place = null;
        for (var i = 0UL; i < Limits.UnsyncedProbed; i++)
        {
            var record = records + ((hash + i) & (Limits.UnsyncedRecords - 1));
            if (record->Inode == inode.Value && record->Shard == shard.Value)
                return record;
            if (place is null || (place->Inode != 0 && (record->Inode == 0 || record->Order < place->Order)))
                place = record;
        }
        return null;
    }
}
