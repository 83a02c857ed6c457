namespace SealFs.Client.Fsck;

/// <summary>What can be wrong with a volume.</summary>
public enum FindingKind
{
    /// <summary>A name stands for an inode that is not there.</summary>
    DanglingEntry,

    /// <summary>A name says another file type than its inode.</summary>
    WrongEntryType,

    /// <summary>A name is in a shard where nobody looks for it.</summary>
    MisplacedEntry,

    /// <summary>A name is there more than once.</summary>
    DuplicateEntry,

    /// <summary>A name is in a directory that is not there.</summary>
    EntryWithoutDirectory,

    /// <summary>An inode has no name and nobody has it open.</summary>
    LostInode,

    WrongLinkCount,

    /// <summary>A directory counts more or fewer entries than it has.</summary>
    WrongEntryCount,

    /// <summary>A directory's own idea of its parent, or its hanging from the root, is wrong.</summary>
    WrongParent,

    /// <summary>Extended attributes, inline contents or an orphan's record without an inode.</summary>
    StrayRecord,

    /// <summary>Inline contents are not as long as the inode says.</summary>
    WrongInlineLength,

    /// <summary>Data of an inode that is not there.</summary>
    StrayChunk,

    /// <summary>Data behind the end of the file: written by a client that did not come to commit it.</summary>
    ChunkBehindEnd,

    /// <summary>Data do not agree with their checksum, or their record cannot be read.</summary>
    DamagedChunk,

    /// <summary>Data were written, never synced, and lost when a machine lost power: they read as EIO until they are written again.</summary>
    UnsyncedBytesLost,

    /// <summary>A file on a data disk that belongs to nothing.</summary>
    UnusedChunkFile,

    /// <summary>The counters that the quota goes by are wrong.</summary>
    WrongUsage,

    /// <summary>A shard could not be asked.</summary>
    ShardNotChecked,

    /// <summary>A node had no means to read some data (memory, open files), so that nothing is known of them.</summary>
    ChunkNotChecked,
}
