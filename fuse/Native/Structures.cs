using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SealFs.Fuse.Native;

/// <summary>struct msghdr on 64-bit Linux, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    private readonly uint _padding0;
    public FuseSegment* Segments;
    public nuint SegmentCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
    private readonly uint _padding1;
}

/// <summary>struct cmsghdr on 64-bit Linux, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public nuint Length;
    public int Level;
    public int Type;
}

/// <summary>struct sigaction of libc on 64-bit Linux (the same in glibc and musl), 152 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SignalAction
{
    public nint Handler;
    public SignalMask Mask;
    public int Flags;
    private readonly int _padding;
    public nint Restorer;
}

/// <summary>sigset_t, 128 bytes.</summary>
[InlineArray(16)]
internal struct SignalMask
{
    private ulong _first;
}
