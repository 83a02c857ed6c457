using SealFs.Core;

namespace SealFs.Client.Fsck;

/// <summary>One thing that is wrong, in plain words.</summary>
/// <param name="Kind">What sort of thing.</param>
/// <param name="Inode">What it is about; 0 where it is about a whole shard.</param>
/// <param name="Path">Where that is, as far as it is known; else empty.</param>
/// <param name="Text">A sentence.</param>
public sealed record Finding(FindingKind Kind, InodeId Inode, string Path, string Text)
{
    /// <summary>True where something is lost, wrong or unknown; false where only space is wasted.</summary>
    public bool IsDamage => Kind is not (FindingKind.ChunkBehindEnd or FindingKind.UnusedChunkFile or FindingKind.StrayChunk);
}
