namespace SealFs.Core.Wire;

/// <summary>What a frame asks for. Numbers are part of the protocol and never reused; docs/protocol.md lists their messages.</summary>
public enum Opcode : ushort
{
    None = 0,

    // Connection.
    Hello = 1,
    Ping = 2,

    /// <summary>The frame has the flag compound: its body is a sequence of operations.</summary>
    Compound = 3,

    // Names and inodes: addressed to the shard of the directory's partition, or of the inode.
    Lookup = 10,
    GetAttr = 11,
    SetAttr = 12,
    Create = 13,
    Mkdir = 14,
    Unlink = 15,
    Rmdir = 16,
    Rename = 17,
    Link = 18,
    ReadLink = 19,
    Open = 20,
    Close = 21,
    ReadDir = 22,
    GetXattr = 23,
    SetXattr = 24,
    ListXattr = 25,
    RemoveXattr = 26,
    Fsync = 27,
    StatVolume = 28,
    SyncVolume = 29,

    // Data: addressed to the shard of the chunk (chunk 0: the inode's own).
    Read = 30,
    Write = 31,
    CommitWrite = 32,
    ChunkRange = 33,
    ChunkMap = 34,

    /// <summary>To the inode's shard.</summary>
    AnnounceChunks = 35,

    /// <summary>To the inode's shard.</summary>
    PlaceAppend = 36,

    // Between storage nodes.
    TransactionPrepare = 50,
    TransactionDecide = 51,
    TransactionResolve = 52,
    PurgeChunks = 53,
    PartitionStat = 54,
    ReadParent = 55,
    TransactionCommits = 56,
    TransactionFollow = 57,
    InodeStates = 58,
    ReserveChunks = 59,

    // Checks (sealfs fsck).
    ScanShard = 60,
    ScanChunks = 61,

    // What a client that was replaced asks for, and what a node that was restarted is told.
    ListOpen = 70,
    ReassertOpen = 71,

    // From a learner to the node that serves the shard it copies.
    LearnerAttach = 80,
    CopyPage = 81,
    EffectTail = 82,
    ChunkBlocks = 83,
    ShardSnapshot = 84,
    RangeHash = 85,
    HandOver = 86,
    ListHandedOver = 87,

    // Between storage nodes, for what is durable of transactions.
    TransactionSync = 90,
    TransactionsForgotten = 91,
}
