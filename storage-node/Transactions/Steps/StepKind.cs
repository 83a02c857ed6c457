namespace SealFs.StorageNode.Transactions.Steps;

/// <summary>What a step does. The numbers are part of the prepare records and of the protocol between nodes: never reused.</summary>
internal enum StepKind : ushort
{
    CreateDirectory = 1,
    RemoveDirectory = 2,
    FreezePartition = 3,
    DropLink = 4,
    AddLink = 5,
    PutEntry = 6,
    RemoveEntry = 7,
    SetParent = 8,
    TouchInode = 9,
    TakeRenameLock = 10,
    ReceiveEntries = 11,
    ListPartition = 12,
    NarrowPartition = 13,
    ReceivePartition = 14,
}
