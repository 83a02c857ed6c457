using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Xattrs;

/// <summary>
/// The value of an extended attribute:
/// <code>0 u8 format version (1)   1 value</code>
/// </summary>
internal static class XattrRow
{
    public const byte FormatVersion = 1;

    /// <exception cref="CorruptRowException">The bytes are not such a row.</exception>
    public static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> row) =>
        !row.IsEmpty && row[0] == FormatVersion ? row[1..] : throw CorruptRowException.Version("extended attribute", row);
}
