using System.Text.Json;
using System.Text.Json.Serialization;
using SealFs.Core;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// The directory with the chunk files. It says whose it is, so that a node never takes an empty directory (its disk is not mounted) or another node's for its own.
/// <code>
/// identity.json   format, node uuid, store, cluster
/// run             as in the metadata directory: the incarnation of the last start shows when one of the two directories is an older copy
/// VOLUME/…        chunk files
/// set-aside/      copies of what a loss of power left in chunk files without a record
/// </code>
/// </summary>
internal sealed partial class DataDirectory : IDisposable
{
    private const int Format = 1;
    private const string IdentityName = "identity.json";

    private readonly RunFile _run;

    private DataDirectory(string path, RunFile run)
    {
        Path = path;
        _run = run;
    }

    public string Path { get; }

    public RunRecord? LastRun => _run.Last;

    private static string IdentityPath(string path) => System.IO.Path.Combine(path, IdentityName);

    /// <summary>Nothing in it says that it was ever in use.</summary>
    public static bool IsNew(string path) =>
        !Directory.Exists(path) || (!File.Exists(IdentityPath(path)) && !Directory.EnumerateDirectories(path).Any(static entry => IsVolume(System.IO.Path.GetFileName(entry))));

    /// <summary>Opens the directory of a store that has one.</summary>
    /// <exception cref="InvalidDataException">It is not that store's. The message says what may have happened.</exception>
    public static DataDirectory Open(string path, Guid node, Guid store)
    {
        if (!File.Exists(IdentityPath(path)))
        {
            throw new InvalidDataException(
                $"The data directory {path} does not hold the data of this node: there is no {IdentityName} in it. Is its disk mounted? A node whose data disk is lost for good gets a new, empty metadata directory too, and is removed from the cluster before.");
        }

        var identity = Read(path);
        if (identity.Format != Format)
            throw new InvalidDataException($"The data in {path} have format {identity.Format}; this version reads and writes format {Format}.");
        if (identity.Node != node || identity.Store != store)
        {
            throw new InvalidDataException(
                $"The data directory {path} belongs to node {identity.Node} with store {identity.Store}, and the metadata directory to node {node} with store {store}. Are the right disks mounted?");
        }

        return new DataDirectory(path, RunFile.Open(path));
    }

    /// <summary>Makes a directory the store's. May be repeated.</summary>
    public static DataDirectory Create(string path, Guid node, Guid store)
    {
        Directory.CreateDirectory(path);
        if (!File.Exists(IdentityPath(path)))
            Save(path, new StoreIdentity(Format, node, store, Guid.Empty));
        return Open(path, node, store);
    }

    /// <summary>The node belongs to this cluster.</summary>
    public void Registered(Guid cluster)
    {
        var identity = Read(Path);
        if (identity.Cluster != cluster)
            Save(Path, identity with { Cluster = cluster });
    }

    /// <summary>The node starts. Returns when that is on stable storage.</summary>
    public void NoteStart(ulong incarnation, Guid bootId) => _run.Write(incarnation, bootId, hasEnded: false, mayHaveLost: false);

    public void Dispose() => _run.Dispose();

    private static bool IsVolume(string name) => uint.TryParse(name, out _);

    private static StoreIdentity Read(string path)
    {
        var file = IdentityPath(path);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), DataJson.Default.StoreIdentity) ?? throw new InvalidDataException($"{file} is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{file} is damaged.", exception);
        }
    }

    private static void Save(string path, StoreIdentity identity) =>
        ReplacedFile.Write(IdentityPath(path), JsonSerializer.SerializeToUtf8Bytes(identity, DataJson.Default.StoreIdentity));

    private sealed record StoreIdentity(int Format, Guid Node, Guid Store, Guid Cluster);

    [JsonSerializable(typeof(StoreIdentity))]
    private sealed partial class DataJson : JsonSerializerContext;
}
