using System.Runtime.InteropServices;

namespace SealFs.Fuse.Abi;

/// <summary>Starts every request, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_in_header
{
    public uint len;
    public FuseOpcode opcode;
    public ulong unique;
    public ulong nodeid;
    public uint uid;
    public uint gid;
    public uint pid;

    /// <summary>Length of the extensions behind the body, in units of 8 bytes.</summary>
    public ushort total_extlen;
    public ushort padding;
}

/// <summary>Starts every reply and every notification, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_out_header
{
    public uint len;

    /// <summary>0 or a negated errno; in a notification the positive <see cref="FuseNotifyCode"/>.</summary>
    public int error;
    public ulong unique;
}

/// <summary>Names the request that the application no longer waits for, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct fuse_interrupt_in
{
    public ulong unique;
}
