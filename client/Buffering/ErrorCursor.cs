using System.Runtime.InteropServices;

namespace SealFs.Client.Buffering;

/// <summary>
/// Up to which failure of its file an open handle was told, 16 bytes. Only handles that were told of one have a cursor. In use while its handle is not 0: that field is written last when the cursor is
/// taken, and first when it is given back.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ErrorCursor
{
    public const int Size = 16;

    [FieldOffset(0)]
    public ulong Handle;

    /// <summary>By write(2).</summary>
    [FieldOffset(8)]
    public uint ToldByWrite;

    /// <summary>By fsync(2).</summary>
    [FieldOffset(12)]
    public uint ToldBySync;
}
