using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <summary>
/// What is on the disk, and a journal of changes to names and attributes that are not there yet. As with the journal of ext4, changes reach the disk in the order in which they were
/// made: any sync takes all of them along, and a loss of power keeps a beginning of the rest.
/// </summary>
internal sealed class DurableTree
{
    private readonly Dictionary<ulong, DurableNode> _nodes = [];
    private readonly List<Action<DurableTree>> _journal = [];

    public int JournalLength => _journal.Count;

    public IReadOnlyDictionary<ulong, DurableNode> Nodes => _nodes;

    public DurableNode? Find(ulong id) => _nodes.GetValueOrDefault(id);

    public void Make(ulong id, fuse_attr attributes, byte[] target) =>
        _nodes[id] = new DurableNode { Attributes = attributes, Target = target };

    public void Remove(ulong id) => _nodes.Remove(id);

    public void Note(Action<DurableTree> change) => _journal.Add(change);

    /// <summary>Brings the first changes of the journal to the disk; all without a count.</summary>
    public void Commit(int? count = null)
    {
        var committed = Math.Min(count ?? _journal.Count, _journal.Count);
        for (var i = 0; i < committed; i++)
            _journal[i](this);
        _journal.RemoveRange(0, committed);
    }

    public void ForgetJournal() => _journal.Clear();
}

/// <summary>An inode as it is on the disk.</summary>
internal sealed class DurableNode
{
    public fuse_attr Attributes { get; set; }

    public Dictionary<string, ulong> Entries { get; } = new(StringComparer.Ordinal);

    public PageFile Content { get; } = new();

    public byte[] Target { get; init; } = [];
}
