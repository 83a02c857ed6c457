using SealFs.Core;
using SealFs.Core.Messages;
using SealFs.Core.Wire;
using SealFs.StorageNode.Inodes;

namespace SealFs.StorageNode.Names;

/// <summary>
/// What a name stands for. Little-endian:
/// <code>
/// 0 u8 format version (1)   1 u64 inode   9 u32 mode: the type bits count, the rest may be old
/// </code>
/// </summary>
public readonly record struct DentryRow(InodeId Inode, uint Mode)
{
    public const byte FormatVersion = 1;
    public const int Bytes = 13;

    public bool IsDirectory => (Mode & InodeAttributes.TypeMask) == InodeAttributes.TypeDirectory;

    public ReadOnlySpan<byte> Encode(Span<byte> target)
    {
        var writer = new WireWriter(target);
        writer.U8(FormatVersion);
        writer.Inode(Inode);
        writer.U32(Mode);
        return target[..writer.Position];
    }

    /// <exception cref="CorruptRowException">The bytes are not a dentry row.</exception>
    public static DentryRow Decode(ReadOnlySpan<byte> source)
    {
        var reader = new WireReader(source);
        if (reader.U8() != FormatVersion)
            throw CorruptRowException.Version("dentry", source);
        var row = new DentryRow(reader.Inode(), reader.U32());
        return reader.Complete ? row : throw CorruptRowException.Length("dentry", source);
    }
}
