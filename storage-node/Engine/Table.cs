namespace SealFs.StorageNode.Engine;

/// <summary>The ordered tables of a metadata engine. The numbers are part of the format of <see cref="EffectBatch"/>.</summary>
public enum Table : byte
{
    /// <summary>Inodes, dentries, xattrs and everything else that is small (see <see cref="Shards.MetadataKey"/>).</summary>
    Metadata = 0,

    /// <summary>Contents of small files.</summary>
    InlineData = 1,

    /// <summary>Chunk records.</summary>
    Chunks = 2,
}
