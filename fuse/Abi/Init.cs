using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>The kernel's side of the negotiation, 64 bytes; before Linux 5.17 the first 16.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_init_in
{
    public uint major;
    public uint minor;
    public uint max_readahead;
    public uint flags;
    public uint flags2;
    public InitInUnused unused;
}

/// <summary>The daemon's side of the negotiation, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_init_out
{
    public uint major;
    public uint minor;
    public uint max_readahead;
    public uint flags;
    public ushort max_background;
    public ushort congestion_threshold;
    public uint max_write;
    public uint time_gran;
    public ushort max_pages;
    public ushort map_alignment;
    public uint flags2;
    public uint max_stack_depth;

    /// <summary>Seconds after which the kernel aborts the connection over an unanswered request; 0: never.</summary>
    public ushort request_timeout;
    public InitOutUnused unused;
}

/// <summary>Reserved room of <see cref="fuse_init_in"/>.</summary>
[InlineArray(11)]
public struct InitInUnused
{
    private uint _first;
}

/// <summary>Reserved room of <see cref="fuse_init_out"/>.</summary>
[InlineArray(11)]
public struct InitOutUnused
{
    private ushort _first;
}
