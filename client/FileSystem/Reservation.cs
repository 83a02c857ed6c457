using SealFs.Core;

namespace SealFs.Client.FileSystem;

/// <summary>What one fallocate(2) has reserved so far: the blocks that held nothing before. If the call fails they are given back.</summary>
internal sealed class Reservation
{
    private readonly List<(ChunkIndex Chunk, ulong Blocks)> _chunks = [];

    public IReadOnlyList<(ChunkIndex Chunk, ulong Blocks)> Chunks => _chunks;

    /// <summary>Something of the file has changed.</summary>
    public bool HasBegun { get; private set; }

    public void Add(ChunkIndex chunk, ulong blocks)
    {
        HasBegun = true;
        if (blocks != 0)
            _chunks.Add((chunk, blocks));
    }
}
