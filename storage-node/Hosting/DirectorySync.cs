using System.Runtime.InteropServices;

namespace SealFs.StorageNode.Hosting;

/// <summary>Makes directories durable: the names in one, or everything on its file system.</summary>
internal static partial class DirectorySync
{
    private const int O_DIRECTORY = 0x10000;
    private const int O_DIRECTORY_ARM64 = 0x4000;
    private const int O_CLOEXEC = 0x80000;

    private static int OpenFlags => O_CLOEXEC | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? O_DIRECTORY_ARM64 : O_DIRECTORY);

    /// <summary>syncfs(2): whatever any process has written to the file system of the directory is on stable storage.</summary>
    /// <exception cref="IOException">It is not, or nobody knows.</exception>
    public static void SyncFileSystem(string directory) => Sync(directory, syncfs);

    /// <summary>fsync(2) of the directory: the names in it are on stable storage.</summary>
    /// <exception cref="IOException">They are not, or nobody knows.</exception>
    public static void SyncNames(string directory) => Sync(directory, fsync);

    private static void Sync(string directory, Func<int, int> sync)
    {
        var descriptor = open(directory, OpenFlags);
        if (descriptor < 0)
            throw new IOException($"{directory} cannot be opened: error {Marshal.GetLastPInvokeError()}.");
        try
        {
            if (sync(descriptor) != 0)
                throw new IOException($"What was written to {directory} could not be brought onto stable storage: error {Marshal.GetLastPInvokeError()}.");
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int descriptor);
}
