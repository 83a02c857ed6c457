namespace SealFs.Core;

/// <summary>
/// The outcome of an operation, on the wire and towards the kernel. Values up to 4,095 are Linux errno numbers (x86-64 and arm64
/// agree on all of these); values from 10,000 stay inside SealFS: routers act on them and never show them to an application.
/// </summary>
public enum Errno
{
    None = 0,
    EPERM = 1,
    ENOENT = 2,
    EINTR = 4,
    EIO = 5,
    ENXIO = 6,
    E2BIG = 7,
    EBADF = 9,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EBUSY = 16,
    EEXIST = 17,
    EXDEV = 18,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    EFBIG = 27,
    ENOSPC = 28,
    EROFS = 30,
    EMLINK = 31,
    ERANGE = 34,
    ENAMETOOLONG = 36,
    ENOSYS = 38,
    ENOTEMPTY = 39,
    ELOOP = 40,
    ENODATA = 61,
    EPROTO = 71,
    EOVERFLOW = 75,
    EOPNOTSUPP = 95,
    ECONNRESET = 104,
    ETIMEDOUT = 110,
    ESTALE = 116,
    EDQUOT = 122,
    ECANCELED = 125,

    /// <summary>The node does not serve this shard in this epoch: get a newer map and try again.</summary>
    WrongEpoch = 10_001,

    /// <summary>The name belongs to another partition: the answer carries the depth that the addressed partition has now.</summary>
    WrongPartition = 10_002,

    /// <summary>A lock of a transaction in flight is in the way, or the node is starting: try again after a short back-off.</summary>
    Busy = 10_003,

    /// <summary>The session is over, or its token does not verify.</summary>
    SessionRefused = 10_004,

    /// <summary>The connection broke with the request under way: it may or may not have been executed.</summary>
    Disconnected = 10_005,

    /// <summary>The request was not understood: unknown opcode or malformed body.</summary>
    Malformed = 10_006,

    /// <summary>Hello: the token names a key. The answer has a challenge; say Hello again with it signed.</summary>
    ProofRequired = 10_007,

    /// <summary>Hello: the token is genuine and its time is over. The session may live: come again with a newer token.</summary>
    TokenExpired = 10_008,
}
