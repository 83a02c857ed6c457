namespace SealFs.StorageNode.Chunks;

/// <summary>
/// The system calls that the file engine makes, so that a test can hand in a disk that is full, slow or broken. Answers are those of the
/// calls, failures the negative errno. Paths end with a NUL byte.
/// </summary>
public unsafe interface IChunkDevice
{
    /// <summary>Opens for reading and writing; creates when asked to.</summary>
    int Open(byte* path, bool create);

    void Close(int descriptor);

    nint Read(int descriptor, byte* target, nuint lengthBytes, long offsetBytes);

    /// <summary>As <see cref="Read"/>, but only what is in memory: EAGAIN where the disk would have to be waited for, and perhaps fewer bytes.</summary>
    nint ReadNow(int descriptor, byte* target, nuint lengthBytes, long offsetBytes);

    nint Write(int descriptor, byte* source, nuint lengthBytes, long offsetBytes);

    /// <summary>fallocate(2) with FALLOC_FL_KEEP_SIZE.</summary>
    int Allocate(int descriptor, long offsetBytes, long lengthBytes);

    /// <summary>fallocate(2) with FALLOC_FL_PUNCH_HOLE.</summary>
    int Punch(int descriptor, long offsetBytes, long lengthBytes);

    int Truncate(int descriptor, long lengthBytes);

    long GetLength(int descriptor);

    /// <summary>sync_file_range(2) with SYNC_FILE_RANGE_WRITE: the disk begins with what is dirty in the range; nobody waits for it. Length 0: to the end.</summary>
    int StartWriteback(int descriptor, long offsetBytes, long lengthBytes);

    int SyncData(int descriptor);

    /// <summary>syncfs(2) of the file system that the descriptor is on.</summary>
    int SyncFileSystem(int descriptor);

    int Unlink(byte* path);

    int MakeDirectory(byte* path);

    int RemoveDirectory(byte* path);
}
