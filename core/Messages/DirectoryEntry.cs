using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

/// <summary>
/// One entry in the payload of a ReadDir answer. Position orders the whole directory over all partitions (see <see cref="DirectoryPosition"/>).
/// <code>
/// 0 u64 position   8 u64 inode   16 u32 mode (type bits at least)   20 u8 (0 or 1) has attributes   21 u16 length + name   … 88 bytes attributes, when it has them
/// </code>
/// </summary>
public readonly ref struct DirectoryEntry
{
    public ulong Position { get; init; }

    public InodeId Inode { get; init; }

    public uint Mode { get; init; }

    public bool HasAttributes { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public InodeAttributes Attributes { get; init; }

    public int Size => 23 + Name.Length + (HasAttributes ? InodeAttributes.WireSize : 0);

    public void Write(ref WireWriter writer)
    {
        writer.U64(Position);
        writer.Inode(Inode);
        writer.U32(Mode);
        writer.Bool(HasAttributes);
        writer.Bytes16(Name);
        if (HasAttributes)
            Attributes.Write(ref writer);
    }

    /// <summary>Reads the next entry; false when the payload ends in the middle of one.</summary>
    public static bool TryRead(ref WireReader reader, out DirectoryEntry entry)
    {
        var position = reader.U64();
        var inode = reader.Inode();
        var mode = reader.U32();
        var hasAttributes = reader.Bool();
        var name = reader.Bytes16();
        entry = new DirectoryEntry
        {
            Position = position,
            Inode = inode,
            Mode = mode,
            HasAttributes = hasAttributes,
            Name = name,
            Attributes = hasAttributes ? InodeAttributes.Read(ref reader) : default,
        };
        return !reader.Failed;
    }
}
