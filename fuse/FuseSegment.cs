using System.Runtime.InteropServices;

namespace SealFs.Fuse;

/// <summary>A piece of native memory in a vectored reply (struct iovec). Never the garbage-collected heap: see <see cref="FuseRequest.ReplyVectored"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FuseSegment(byte* start, nint length)
{
    public byte* Start = start;
    public nint Length = length;
}
