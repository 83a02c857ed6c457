using SealFs.Core;

namespace SealFs.StorageNode.Shards;

/// <summary>
/// The locks of transactions in one shard. Nobody waits for one here: a transaction that meets a lock gives up and tries again, an ordinary
/// request is parked (<see cref="NodeRequest.ParkIfLocked(LockKey)"/>) and dispatched again when the lock goes. Used with the shard's gate held.
/// </summary>
public sealed class KeyLocks
{
    private readonly Dictionary<LockKey, Holder> _held = [];
    private readonly ParkedRequests _parked;
    private ulong _taken;

    internal KeyLocks(ParkedRequests parked) => _parked = parked;

    /// <summary>Locked keys.</summary>
    public int Count => _held.Count;

    /// <summary>Locks that were ever taken: each has a number up to this.</summary>
    public ulong Taken => _taken;

    /// <summary>Takes the key alone. True also when this transaction holds it already.</summary>
    public bool TryLock(LockKey key, TransactionId transaction)
    {
        if (!_held.TryGetValue(key, out var holder))
        {
            _held.Add(key, new Holder(transaction, 0, ++_taken));
            return true;
        }

        return holder.Shared == 0 && holder.Owner == transaction;
    }

    /// <summary>Takes the key together with others who share it. Every success needs its own <see cref="UnlockShared"/>.</summary>
    public bool TryLockShared(LockKey key)
    {
        if (_held.TryGetValue(key, out var holder) && holder.Shared == 0)
            return false;
        _held[key] = new Holder(default, holder.Shared + 1, ++_taken);
        return true;
    }

    /// <summary>Frees the key when this transaction holds it, and lets parked requests go on.</summary>
    public void Unlock(LockKey key, TransactionId transaction)
    {
        if (!_held.TryGetValue(key, out var holder) || holder.Shared != 0 || holder.Owner != transaction)
            return;
        _held.Remove(key);
        _parked.Release(key);
    }

    public void UnlockShared(LockKey key)
    {
        if (!_held.TryGetValue(key, out var holder) || holder.Shared == 0)
            return;
        if (holder.Shared > 1)
        {
            _held[key] = holder with { Shared = holder.Shared - 1 };
            return;
        }

        _held.Remove(key);
        _parked.Release(key);
    }

    /// <summary>True when a transaction holds the key alone.</summary>
    public bool IsLocked(LockKey key) => _held.Count != 0 && _held.TryGetValue(key, out var holder) && holder.Shared == 0;

    /// <summary>True when transactions share the key.</summary>
    public bool IsShared(LockKey key) => _held.Count != 0 && _held.TryGetValue(key, out var holder) && holder.Shared != 0;

    /// <summary>How many share the key.</summary>
    public int SharesOf(LockKey key) => _held.Count != 0 && _held.TryGetValue(key, out var holder) ? holder.Shared : 0;

    /// <summary>Who holds the key alone.</summary>
    public bool TryGetOwner(LockKey key, out TransactionId owner)
    {
        var locked = _held.TryGetValue(key, out var holder) && holder.Shared == 0;
        owner = locked ? holder.Owner : default;
        return locked;
    }

    /// <summary>Finds a name in a directory that a transaction of another shard holds, by a lock with this number or an earlier one.</summary>
    public bool TryFindForeignEntry(InodeId directory, ShardId home, ulong upTo, out LockKey found)
    {
        foreach (var (key, holder) in _held)
        {
            if (key.Kind == LockKind.Dentry && key.Subject == directory.Value && holder.Number <= upTo && holder.Owner.Coordinator != home)
            {
                found = key;
                return true;
            }
        }

        found = default;
        return false;
    }

    private readonly record struct Holder(TransactionId Owner, int Shared, ulong Number);
}
