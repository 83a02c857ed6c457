namespace SealFs.StorageNode.Chunks;

/// <summary>
/// What a change of a chunk starts from, so that it can be taken back when the record cannot be stored or the disk refuses the data.
/// </summary>
public readonly record struct ChunkState(uint Length, uint Limit, uint Accounted, ulong Blocks, ulong Dirty);

/// <summary>
/// A change that is decided but not stored: the caller stores the record where <see cref="RecordChanged"/> says so, with the usage, in one
/// mutation, and goes on with the data only then.
/// </summary>
public readonly record struct ChunkChange(ChunkState Before, bool RecordChanged, long AccountedDelta, uint OffsetBytes, uint LengthBytes);
