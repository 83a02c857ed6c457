using SealFs.Core;

namespace SealFs.Client.Buffering;

/// <summary>
/// The failures of deferred writes of one file, counted so that each open handle is told of each (the kernel's errseq_t, lib/errseq.c). One word, so that a worker that dies has noted a
/// failure or has not. Bits 0 to 22: number of the last failure, 0 when there was none; 23 to 38: its errno; 39: somebody was told.
/// </summary>
internal readonly record struct ErrorState(ulong Bits)
{
    public const int SequenceBits = 23;

    private const ulong SequenceMask = (1UL << SequenceBits) - 1;
    private const ulong ErrnoMask = 0xFFFF;
    private const int SeenBit = SequenceBits + 16;

    public uint Sequence => (uint)(Bits & SequenceMask);

    public Errno Last => (Errno)((Bits >> SequenceBits) & ErrnoMask);

    public bool IsSeen => (Bits >> SeenBit & 1) != 0;

    /// <summary>Where a new handle begins: a failure that nobody was told of is news for it too.</summary>
    public uint StartOfHandle => Sequence == 0 || IsSeen ? Sequence : Sequence - 1;

    public ErrorState With(Errno status) => new(Sequence % SequenceMask + 1 | ((ulong)(uint)status & ErrnoMask) << SequenceBits);

    public ErrorState Seen() => new(Bits | 1UL << SeenBit);
}
