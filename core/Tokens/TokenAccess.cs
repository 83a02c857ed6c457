namespace SealFs.Core.Tokens;

/// <summary>What the bearer of a session token may do.</summary>
public enum TokenAccess : byte
{
    /// <summary>Read and change one volume.</summary>
    ReadWrite = 1,

    /// <summary>Read one volume; every request that changes something is refused with EROFS.</summary>
    ReadOnly = 2,

    /// <summary>A storage node talking to another: any volume, and the requests that only nodes send. The token's volume is 0 and its session is the node's id.</summary>
    Node = 3,

    /// <summary>Read one volume, and look at what lies behind its files (<c>sealfs fsck</c>): the role Admin.</summary>
    Administration = 4,
}
