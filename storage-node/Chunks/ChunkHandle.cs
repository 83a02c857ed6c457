namespace SealFs.StorageNode.Chunks;

/// <summary>An open chunk file in the cache of handles. All fields belong to the cache's lock, except the descriptor while a reference is held.</summary>
internal sealed class ChunkHandle
{
    public ChunkKey Key;
    public int Descriptor = -1;
    public int References;

    /// <summary>No longer in the cache: closed when the last reference goes.</summary>
    public bool Detached;

    public ChunkHandle? Newer;
    public ChunkHandle? Older;
}
