using SealFs.Core;
using SealFs.Simulator.World;

namespace SealFs.Simulator.Workload;

/// <summary>The few names, directories and files that all threads know of.</summary>
internal sealed class Namespace(SimulatedWorld world, InodeId root)
{
    public const string ScratchPrefix = "s";

    private const string DataPrefix = "data";
    private const int Names = 12;
    private const int KnownDirectories = 4;
    private const int KnownFiles = 8;
    private const int BlocksInFirstChunk = 5;

    /// <summary>Where the blocks are: beside the inode, in chunk 0, and in chunk 1.</summary>
    private static readonly ulong[] s_offsets = [0, 1024, 3584, 4096, 65_536, 131_072, 132_096];

    private readonly List<InodeId> _directories = [root];
    private readonly List<InodeId> _files = [];
    private readonly List<InodeId> _dataFiles = [];

    /// <summary>What threads have in directories of their own.</summary>
    public List<SyncedNames> Synced { get; } = [];

    /// <summary>Once it was written, a file has its last size.</summary>
    public static int LastBlock => s_offsets.Length - 1;

    /// <summary>Everything that a thread has ever seen as a directory.</summary>
    public List<InodeId> AllDirectories { get; } = [root];

    public IReadOnlyList<InodeId> DataFiles => _dataFiles;

    public static ulong OffsetOf(int block) => s_offsets[block];

    public static IEnumerable<string> AllNames => Enumerable.Range(0, Names).Select(static number => $"n{number}");

    /// <summary>A name that somebody may have made.</summary>
    public static bool IsName(string name) =>
        AllNames.Contains(name) || name.StartsWith(ScratchPrefix, StringComparison.Ordinal) || name.StartsWith(DataPrefix, StringComparison.Ordinal);

    public static string DataName(int number) => $"{DataPrefix}{number}";

    public string Name() => $"n{world.Random.Next(Names)}";

    /// <summary>The root and the newest one more often than others.</summary>
    public InodeId Directory() => world.Chance(0.3) ? root : world.Chance(0.3) ? _directories[^1] : Pick(_directories);

    public InodeId File() => Pick(_files);

    /// <summary>A file and one of its blocks. Of the file that is cut now and then, only what lies in one shard: a size and bytes of two shards do not change together.</summary>
    public (InodeId File, int Block) Block()
    {
        var file = Pick(_dataFiles);
        return (file, world.Random.Next(BlocksOf(file)));
    }

    public InodeId FileToCut() => _dataFiles[^1];

    public int BlocksOf(InodeId file) => file == FileToCut() ? BlocksInFirstChunk : s_offsets.Length;

    public void AddDataFile(InodeId file) => _dataFiles.Add(file);

    public void Note(Operation operation)
    {
        if (operation.Status != Errno.None || operation.Found == 0)
            return;
        var inode = new InodeId(operation.Found);
        if (!operation.FoundDirectory)
        {
            Keep(_files, inode, KnownFiles);
            return;
        }

        Keep(_directories, inode, KnownDirectories);
        if (!AllDirectories.Contains(inode))
            AllDirectories.Add(inode);
    }

    private static void Keep(List<InodeId> known, InodeId inode, int limit)
    {
        if (known.Contains(inode))
            return;
        known.Add(inode);
        if (known.Count > limit)
            known.RemoveAt(0);
    }

    private InodeId Pick(List<InodeId> from) => from.Count == 0 ? default : from[world.Random.Next(from.Count)];
}
