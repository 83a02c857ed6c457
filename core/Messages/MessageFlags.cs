namespace SealFs.Core.Messages;

/// <summary>Which attributes a SetAttr changes.</summary>
[Flags]
public enum SetAttrMask : uint
{
    None = 0,
    Mode = 1,
    Uid = 2,
    Gid = 4,
    Size = 8,
    AccessTime = 16,
    ModifyTime = 32,

    /// <summary>The server's clock instead of the value given.</summary>
    AccessTimeNow = 64,
    ModifyTimeNow = 128,
    ChangeTime = 256,

    /// <summary>Clear set-user-id and set-group-id as a write or chown by an ordinary user does.</summary>
    KillSetIds = 512,
}

[Flags]
public enum CreateFlags : byte
{
    None = 0,
    Exclusive = 1,

    /// <summary>Register an open by this session with the stamp given.</summary>
    Open = 2,
}

[Flags]
public enum OpenFlags : byte
{
    None = 0,

    /// <summary>Send the inline content along.</summary>
    WantData = 1,
}

[Flags]
public enum WriteFlags : byte
{
    None = 0,

    /// <summary>Set size and modification time with the data.</summary>
    Commit = 1,

    /// <summary>Clear set-user-id and set-group-id.</summary>
    KillSetIds = 2,

    /// <summary>In WriteRequest: answer when everything that this node has of the inode is on stable storage, as for an Fsync that came next.</summary>
    Sync = 4,

    /// <summary>In WriteRequest: the bytes are appended, see there.</summary>
    Append = 8,
}

[Flags]
public enum ReadDirFlags : byte
{
    None = 0,

    /// <summary>Attributes with every entry whose inode lives in the same shard.</summary>
    Attributes = 1,

    /// <summary>With Attributes: not of a large directory. Who lists it may want no more than names.</summary>
    UnlessLarge = 2,
}

public enum ChunkRangeOperation : byte
{
    Allocate = 1,

    /// <summary>The range reads as zeros and holds no space.</summary>
    Punch = 2,

    /// <summary>The range reads as zeros.</summary>
    Zero = 3,

    /// <summary>Everything from OffsetBytes on goes; LengthBytes is 0.</summary>
    Truncate = 4,

    /// <summary>Those of Blocks that hold nothing but zeros give their space back: what a fallocate(2) that failed had reserved. OffsetBytes and LengthBytes are 0.</summary>
    Release = 5,
}

/// <summary>Who is at the other end of a data-plane connection.</summary>
public enum PeerRole : byte
{
    Client = 1,
    Node = 2,

    /// <summary>The command line: checks and statistics.</summary>
    Admin = 3,
}
