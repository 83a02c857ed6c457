using SealFs.Fuse.Abi;

namespace SealFs.Fuse;

/// <summary>Writes the entries of a READDIR or READDIRPLUS reply into native memory.</summary>
/// <param name="buffer">Start of the room, usually <see cref="FuseRequest.ReplyBufferPointer"/>.</param>
/// <param name="capacity">Room in bytes: <c>size</c> of the request.</param>
public unsafe ref struct FuseDirectoryWriter(byte* buffer, int capacity)
{
    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Adds an entry; false when it does not fit.</summary>
    /// <param name="inode">Inode number that readdir(3) shows.</param>
    /// <param name="next">Offset at which a listing that ended with this entry goes on; not 0.</param>
    /// <param name="type">DT_ value: the mode shifted right by 12.</param>
    /// <param name="name">Without NUL.</param>
    public bool Add(ulong inode, ulong next, uint type, scoped ReadOnlySpan<byte> name)
    {
        var size = Align(sizeof(fuse_dirent) + name.Length);
        if (Length + size > capacity) return false;
        WriteEntry(buffer + Length, size, inode, next, type, name);
        Length += size;
        return true;
    }

    /// <summary>Adds an entry that is a lookup too. With node id 0 it is a plain entry ("." and ".." must be).</summary>
    public bool AddPlus(scoped in fuse_entry_out entry, ulong inode, ulong next, uint type, scoped ReadOnlySpan<byte> name)
    {
        var size = sizeof(fuse_entry_out) + Align(sizeof(fuse_dirent) + name.Length);
        if (Length + size > capacity) return false;
        *(fuse_entry_out*)(buffer + Length) = entry;
        WriteEntry(buffer + Length + sizeof(fuse_entry_out), size - sizeof(fuse_entry_out), inode, next, type, name);
        Length += size;
        return true;
    }

    private static int Align(int size) => (size + 7) & ~7;

    private static void WriteEntry(byte* target, int size, ulong inode, ulong next, uint type, scoped ReadOnlySpan<byte> name)
    {
        *(fuse_dirent*)target = new fuse_dirent { ino = inode, off = next, namelen = (uint)name.Length, type = type };
        var room = new Span<byte>(target + sizeof(fuse_dirent), size - sizeof(fuse_dirent));
        name.CopyTo(room);
        room[name.Length..].Clear();
    }
}
