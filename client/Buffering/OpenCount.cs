namespace SealFs.Client.Buffering;

/// <summary>
/// How many open files of the kernel a file has, and which kernel request was counted last: one word, so that a worker that dies has counted a request or has not,
/// and its successor, which is sent the request again, can tell. Bits 0 to 43 are those of the request's number that change soonest, from 44 on is the count.
/// </summary>
internal readonly record struct OpenCount(ulong Bits)
{
    /// <summary>More opens of one file are refused.</summary>
    public const int Most = (1 << (64 - RequestBits)) - 1;

    private const int RequestBits = 44;
    private const ulong RequestMask = (1UL << RequestBits) - 1;

    public int Opens => (int)(Bits >> RequestBits);

    public bool IsLast(ulong request) => (Bits & RequestMask) == NumberOf(request);

    public static OpenCount Of(int opens, ulong request) => new(((ulong)opens << RequestBits) | NumberOf(request));

    /// <summary>The kernel counts requests in steps of two.</summary>
    private static ulong NumberOf(ulong request) => (request >> 1) & RequestMask;
}
