using SealFs.Client.Mountd.V1;
using SealFs.Fuse;

namespace SealFs.Client.Mountd;

/// <summary>
/// Records of mounts with duplicates of their descriptors. Nothing is done with them but to keep them open: as long as they are, the kernel keeps the mount and
/// what applications have asked of it, whoever dies.
/// </summary>
internal sealed class DepositBox : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Kept> _kept = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _kept.Count;
        }
    }

    public IReadOnlyList<(Guid Id, Record Record)> Records()
    {
        lock (_gate)
            return [.. _kept.Select(pair => (pair.Key, pair.Value.Record))];
    }

    /// <summary>The descriptors are the box's from here on; earlier ones of the mount are closed.</summary>
    public void Put(Guid id, Record record, int[] descriptors)
    {
        lock (_gate)
        {
            _kept.TryGetValue(id, out var earlier);
            _kept[id] = new Kept(record, descriptors);
            earlier?.Release();
        }
    }

    public void Remove(Guid id)
    {
        lock (_gate)
        {
            if (_kept.Remove(id, out var kept))
                kept.Release();
        }
    }

    /// <summary>Works with the descriptors of a mount, which stay open until that is done.</summary>
    public async Task UseAsync(Guid id, Func<IReadOnlyList<int>, Task> work)
    {
        Kept? kept;
        lock (_gate)
        {
            if (!_kept.TryGetValue(id, out kept))
                return;
            kept.Users++;
        }
        try
        {
            await work(kept.Descriptors).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
                kept.Release();
        }
    }

    public void Dispose()
    {
        foreach (var (id, _) in Records())
            Remove(id);
    }

    private sealed class Kept(Record record, int[] descriptors)
    {
        public Record Record { get; } = record;

        public int[] Descriptors { get; } = descriptors;

        /// <summary>The box, and whoever works with it. Under the box's gate.</summary>
        public int Users { get; set; } = 1;

        public void Release()
        {
            if (--Users == 0)
                Array.ForEach(Descriptors, FuseMount.Close);
        }
    }
}
