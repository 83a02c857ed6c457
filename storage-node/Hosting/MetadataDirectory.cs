using System.Text.Json;
using System.Text.Json.Serialization;
using SealFs.Core;
using SealFs.Core.Security;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// The directory that makes a node what it is: a lock (one process at a time), the identity file, the record of its runs and the metadata store. It is opened together with the data directory
/// that belongs to it (<see cref="DataDirectory"/>).
/// <code>
/// lock        held while the node runs
/// node.json   format, uuid, store, whether the data directory has been marked, cluster, node id
/// run         incarnation, boot id, and how the last run ended (<see cref="RunRecord"/>); overwritten in place
/// store/      RocksDB
/// reserve     room for a start on a full disk (<see cref="StartReserve"/>)
/// </code>
/// </summary>
public sealed partial class MetadataDirectory : INodeDirectory, IDisposable
{
    /// <summary>Raised when a version writes what earlier ones cannot read.</summary>
    public const int Format = 2;

    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Guid _store;
    private readonly Guid _bootId = KernelBoot.Id();
    private bool _dataIsMarked;
    private RunFile? _run;
    private DataDirectory? _data;
    private volatile bool _mayHaveLost;

    private MetadataDirectory(string path, FileStream @lock)
    {
        _path = path;
        _lock = @lock;
        (Identity, _store, _dataIsMarked) = ReadIdentity(path);
    }

    public NodeIdentity Identity { get; }

    /// <inheritdoc/>
    public bool MayHaveLost => _mayHaveLost;

    /// <inheritdoc/>
    public bool HasEverLost => _mayHaveLost || _run!.Last is { HasEverLost: true };

    public string StorePath => Path.Combine(_path, "store");

    private static string IdentityPath(string path) => Path.Combine(path, "node.json");

    /// <summary>
    /// Takes both directories for this process, makes them when they are new, brings onto stable storage what an earlier run left in the memory of the kernel, and raises the incarnation.
    /// </summary>
    /// <exception cref="IOException">Another process uses the metadata directory, or one cannot be written or synced.</exception>
    /// <exception cref="InvalidDataException">A directory is of another format or damaged, or the two do not belong together.</exception>
    /// <exception cref="UnauthorizedAccessException">Other users can enter the metadata directory.</exception>
    public static MetadataDirectory Open(string path, string dataPath)
    {
        PrivateFiles.PrepareDirectory(path);
        var @lock = Lock(path);
        MetadataDirectory? directory = null;
        try
        {
            directory = new MetadataDirectory(path, @lock);
            directory.Start(dataPath);
            return directory;
        }
        catch
        {
            directory?.Dispose();
            @lock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Registered(Guid cluster, NodeId node)
    {
        if (Identity.ClusterId != Guid.Empty && Identity.ClusterId != cluster)
            throw new InvalidDataException($"The metadata in {_path} belong to cluster {Identity.ClusterId}, and the manager is that of cluster {cluster}.");
        if (Identity.ClusterId == cluster && Identity.Node == node)
            return;
        Identity.ClusterId = cluster;
        Identity.Node = node;
        Save();
        _data!.Registered(cluster);
    }

    /// <inheritdoc/>
    public void VerifiersRenewed()
    {
        _mayHaveLost = false;
        NoteRun(hasEnded: false);
    }

    /// <inheritdoc/>
    public void NoteLoss()
    {
        if (_mayHaveLost)
            return;
        _mayHaveLost = true;
        NoteRun(hasEnded: false);
    }

    /// <summary>The node has ended in order: nothing is written any more. What it wrote is brought onto stable storage, and the next start knows.</summary>
    /// <exception cref="IOException">It could not be: the next start counts as one after a kill.</exception>
    public void NoteEnd()
    {
        DirectorySync.SyncFileSystem(_data!.Path);
        DirectorySync.SyncFileSystem(_path);
        NoteRun(hasEnded: true);
    }

    public void Dispose()
    {
        _data?.Dispose();
        _run?.Dispose();
        _lock.Dispose();
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not DirectoryNotFoundException)
        {
            throw new IOException($"The metadata directory {path} is in use by another process.", exception);
        }
    }

    private void Start(string dataPath)
    {
        var isNew = !File.Exists(IdentityPath(_path));
        if (isNew && !DataDirectory.IsNew(dataPath))
        {
            throw new InvalidDataException(
                $"The data directory {dataPath} has data, and the metadata directory {_path} is new. Is the disk with the metadata mounted? Without them the data are of no use: clear the data directory to start with an empty node.");
        }

        if (!isNew && !RunFile.Exists(_path))
            throw new InvalidDataException($"{_path} has an identity (node.json) and no record of its runs ({RunFile.Name}).");
        _run = RunFile.Open(_path);
        if (isNew)
            Save();
        _data = _dataIsMarked ? DataDirectory.Open(dataPath, Identity.Uuid, _store) : DataDirectory.Create(dataPath, Identity.Uuid, _store);
        CheckAge(dataPath);
        NoteStart(dataPath);
        if (_dataIsMarked)
            return;
        _dataIsMarked = true;
        Save();
    }

    /// <summary>Both directories note every start, the metadata directory first.</summary>
    private void CheckAge(string dataPath)
    {
        var metadata = _run!.Last?.Incarnation ?? 0;
        if (_data!.LastRun is { } data && data.Incarnation > metadata)
        {
            throw new InvalidDataException(
                $"The metadata directory {_path} is an older copy: it knows {metadata} starts of this node, and the data directory {dataPath} knows {data.Incarnation}. Chunk files that were changed since the copy was made would be damaged or removed. Mount the right disk; or, to go on with the copy and what is lost, delete {Path.Combine(dataPath, RunFile.Name)}.");
        }
    }

    /// <summary>
    /// What is in the memory of this kernel since an earlier run goes to the disks; another kernel's is lost, unless that run ended in order.
    /// </summary>
    private void NoteStart(string dataPath)
    {
        var last = _run!.Last;
        var dataIsOlder = last is { Incarnation: > 0 } && _data!.LastRun?.Incarnation != last.Value.Incarnation;
        _mayHaveLost = last is { } run && (run.MayHaveLost || dataIsOlder || (!run.HasEnded && run.BootId != _bootId));
        Identity.Incarnation = (last?.Incarnation ?? 0) + 1;
        try
        {
            DirectorySync.SyncFileSystem(dataPath);
            DirectorySync.SyncFileSystem(_path);
        }
        catch (IOException)
        {
            // The kernel tells a failure once: the next start would not hear of it.
            _mayHaveLost = true;
            _run.Write(last?.Incarnation ?? 0, _bootId, hasEnded: false, mayHaveLost: true);
            throw;
        }

        NoteRun(hasEnded: false);
        _data!.NoteStart(Identity.Incarnation, _bootId);
    }

    private void NoteRun(bool hasEnded) => _run!.Write(Identity.Incarnation, _bootId, hasEnded, _mayHaveLost);

    private static (NodeIdentity Identity, Guid Store, bool DataIsMarked) ReadIdentity(string path)
    {
        var file = IdentityPath(path);
        if (!File.Exists(file))
        {
            if (Directory.Exists(Path.Combine(path, "store")))
                throw new InvalidDataException($"{path} has a metadata store and no identity (node.json).");
            return (new NodeIdentity { Uuid = Guid.NewGuid() }, Guid.NewGuid(), false);
        }

        var stored = Parse(file);
        if (stored.Format != Format)
            throw new InvalidDataException($"The metadata in {path} have format {stored.Format}; this version reads and writes format {Format}.");
        var identity = new NodeIdentity { Uuid = stored.Uuid, ClusterId = stored.Cluster, Node = new NodeId(stored.Node) };
        return (identity, stored.Store, stored.DataIsMarked);
    }

    private static StoredIdentity Parse(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), Json.Default.StoredIdentity) ?? throw new InvalidDataException($"{file} is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{file} is damaged.", exception);
        }
    }

    private void Save()
    {
        var stored = new StoredIdentity(Format, Identity.Uuid, _store, _dataIsMarked, Identity.ClusterId, Identity.Node.Value);
        ReplacedFile.Write(IdentityPath(_path), JsonSerializer.SerializeToUtf8Bytes(stored, Json.Default.StoredIdentity));
    }

    private sealed record StoredIdentity(int Format, Guid Uuid, Guid Store, bool DataIsMarked, Guid Cluster, uint Node);

    [JsonSerializable(typeof(StoredIdentity))]
    private sealed partial class Json : JsonSerializerContext;
}
