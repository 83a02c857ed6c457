namespace SealFs.Client.Buffering;

/// <summary>What a shard's write verifier says about the changes of an inode that it had acknowledged.</summary>
internal enum Loss
{
    /// <summary>The verifier is the same, or nothing was waiting to become durable.</summary>
    None,

    /// <summary>They may be lost, and all of them are kept here to be sent again.</summary>
    Kept,

    /// <summary>They may be lost, and some are not kept any more.</summary>
    Dropped,
}
