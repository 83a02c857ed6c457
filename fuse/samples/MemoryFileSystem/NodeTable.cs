namespace SealFs.Fuse.MemoryFs;

/// <summary>Node ids are positions here, and never used twice. Reading takes no lock.</summary>
internal sealed class NodeTable
{
    private const int ChunkBits = 12;
    private const int ChunkMask = (1 << ChunkBits) - 1;
    private const int MaxChunks = 1 << 18;
    private readonly Node?[]?[] _chunks = new Node?[MaxChunks][];
    private ulong _next = 1;

    public long Count { get; private set; }

    /// <summary>The node, or null when it is gone.</summary>
    public Node? Find(ulong id)
    {
        var chunk = id >> ChunkBits < MaxChunks ? Volatile.Read(ref _chunks[id >> ChunkBits]) : null;
        return chunk == null ? null : Volatile.Read(ref chunk[id & ChunkMask]);
    }

    /// <summary>Numbers a new node; false when the numbers are used up. The first is the root's, 1.</summary>
    public bool TryAdd(Node node)
    {
        if (_next >> ChunkBits >= MaxChunks) return false;
        var id = _next++;
        node.Attributes.ino = id;
        ref var chunk = ref _chunks[id >> ChunkBits];
        if (chunk == null) Volatile.Write(ref chunk, new Node?[1 << ChunkBits]);
        Volatile.Write(ref chunk[id & ChunkMask], node);
        Count++;
        return true;
    }

    public void Remove(Node node)
    {
        _chunks[node.Id >> ChunkBits]![node.Id & ChunkMask] = null;
        Count--;
    }

    public IEnumerable<Node> All() =>
        from chunk in _chunks where chunk != null from node in chunk where node != null select node;
}
