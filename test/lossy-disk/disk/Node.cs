using SealFs.Fuse.Abi;

namespace SealFs.LossyDisk;

/// <summary>An inode as programs see it, which is what the page cache and the caches of the kernel would hold.</summary>
internal sealed class Node(ulong id, fuse_attr attributes)
{
    private const uint TypeBits = 0xF000;
    private const uint Directory = 0x4000;
    private const uint Regular = 0x8000;

    private fuse_attr _attributes = attributes;

    public ulong Id { get; } = id;

    public ref fuse_attr Attributes => ref _attributes;

    public bool IsDirectory => (_attributes.mode & TypeBits) == Directory;

    public bool IsRegular => (_attributes.mode & TypeBits) == Regular;

    /// <summary>Names of a directory in the order of their making, with a cookie for listings.</summary>
    public SortedDictionary<ulong, (string Name, Node Node)> Listing { get; } = [];

    public Dictionary<string, ulong> Cookies { get; } = new(StringComparer.Ordinal);

    public PageFile Content { get; set; } = new();

    /// <summary>Pages that differ from what is on the disk, as far as the kernel knows.</summary>
    public HashSet<long> Unsynced { get; } = [];

    /// <summary>The length was changed by a write and is not on the disk.</summary>
    public bool LengthUnsynced { get; set; }

    public byte[] Target { get; set; } = [];

    /// <summary>Where the node was seen last, for patterns of faults.</summary>
    public string Path { get; set; } = "";

    public long Lookups { get; set; }

    public Node? Find(string name) => Cookies.TryGetValue(name, out var cookie) ? Listing[cookie].Node : null;

    public void Add(string name, Node node, ulong cookie)
    {
        Cookies[name] = cookie;
        Listing[cookie] = (name, node);
        node.Path = Path.Length == 0 ? name : $"{Path}/{name}";
    }

    public void Remove(string name)
    {
        if (Cookies.Remove(name, out var cookie))
            Listing.Remove(cookie);
    }
}
