namespace SealFs.StorageNode.Inodes;

/// <summary>A row of the metadata engine is not what this version writes. The request answers EIO; the node goes on with everything else.</summary>
public sealed class CorruptRowException(string message) : Exception(message)
{
    public static CorruptRowException Version(string kind, ReadOnlySpan<byte> row) =>
        new($"A row of kind {kind} has format version {(row.IsEmpty ? -1 : row[0])}, which this version does not read.");

    public static CorruptRowException Length(string kind, ReadOnlySpan<byte> row) =>
        new($"A row of kind {kind} has {row.Length} bytes, which is not what its format says.");
}
