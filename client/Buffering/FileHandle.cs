namespace SealFs.Client.Buffering;

/// <summary>
/// What the kernel calls an open file by (fh). All that is known of it stands in the number itself, so that a successor of the worker that opened it can serve it. Bits 0 to 39: a number that no other
/// open file of the mount has; 40: its reads and writes do not go through the kernel's page cache; from 41 on: the file's failures up to its open, see <see cref="ErrorState"/>.
/// </summary>
internal readonly record struct FileHandle(ulong Bits)
{
    private const int NumberBits = 40;
    private const ulong NumberMask = (1UL << NumberBits) - 1;

    public ulong Number => Bits & NumberMask;

    public bool IsDirect => (Bits >> NumberBits & 1) != 0;

    public uint ErrorSequence => (uint)(Bits >> (NumberBits + 1));

    public static FileHandle Of(ulong number, bool isDirect, uint errorSequence) =>
        new((number & NumberMask) | (isDirect ? 1UL << NumberBits : 0) | (ulong)errorSequence << (NumberBits + 1));
}
