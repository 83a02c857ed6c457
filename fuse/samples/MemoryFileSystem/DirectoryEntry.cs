namespace SealFs.Fuse.MemoryFs;

/// <summary>A name in a directory.</summary>
internal sealed class DirectoryEntry(byte[] name, Node node, ulong cookie)
{
    public byte[] Name { get; } = name;

    /// <summary>Changes when a rename replaces or exchanges what the name stands for.</summary>
    public Node Node { get; set; } = node;

    /// <summary>Position in listings.</summary>
    public ulong Cookie { get; } = cookie;

    public bool IsRemoved { get; set; }
}
