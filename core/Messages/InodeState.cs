using SealFs.Core.Wire;

namespace SealFs.Core.Messages;

public enum InodePresence : byte
{
    /// <summary>The node that was asked does not serve the inode's shard.</summary>
    Unknown = 0,

    /// <summary>There is no such inode, and there will be none: numbers are never used again.</summary>
    Gone = 1,

    /// <summary>It is there, and no session has it open.</summary>
    Quiet = 2,

    /// <summary>A session has it open, or an operation holds its lock: its size is about to change.</summary>
    InUse = 3,
}

/// <summary>
/// One inode in the payload of an answer to InodeStates.
/// <code>0 u8 presence   1 u64 size in bytes, when it is quiet</code>
/// </summary>
public readonly record struct InodeState(InodePresence Presence, ulong SizeBytes)
{
    public const int WireSize = 9;

    public void Write(ref WireWriter writer)
    {
        writer.U8((byte)Presence);
        writer.U64(SizeBytes);
    }

    public static InodeState Read(ref WireReader reader) => new((InodePresence)reader.U8(), reader.U64());
}
