using System.Text.Json;
using System.Text.Json.Serialization;
using SealFs.Core;
using SealFs.Core.Security;

namespace SealFs.StorageNode.Hosting;

/// <summary>
/// The directory that makes a node what it is: a lock (one process at a time), the identity file and the metadata store.
/// <code>
/// lock        held while the node runs
/// node.json   format, uuid, cluster, node id, incarnation
/// store/      RocksDB
/// </code>
/// </summary>
public sealed partial class MetadataDirectory : INodeDirectory, IDisposable
{
    /// <summary>Raised when a version writes what earlier ones cannot read.</summary>
    public const int Format = 1;

    private readonly string _path;
    private readonly FileStream _lock;

    private MetadataDirectory(string path, FileStream @lock, NodeIdentity identity)
    {
        _path = path;
        _lock = @lock;
        Identity = identity;
    }

    public NodeIdentity Identity { get; }

    public string StorePath => Path.Combine(_path, "store");

    private static string IdentityPath(string path) => Path.Combine(path, "node.json");

    /// <summary>Takes the directory for this process, makes it when it is new, and raises the incarnation.</summary>
    /// <exception cref="IOException">Another process uses it, or it cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is of another format, or damaged.</exception>
    /// <exception cref="UnauthorizedAccessException">Other users can enter it.</exception>
    public static MetadataDirectory Open(string path)
    {
        PrivateFiles.PrepareDirectory(path);
        var @lock = Lock(path);
        try
        {
            var directory = new MetadataDirectory(path, @lock, ReadIdentity(path));
            directory.Identity.Incarnation++;
            directory.Save();
            return directory;
        }
        catch
        {
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
    }

    public void Dispose() => _lock.Dispose();

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

    private static NodeIdentity ReadIdentity(string path)
    {
        var file = IdentityPath(path);
        if (!File.Exists(file))
        {
            if (Directory.Exists(Path.Combine(path, "store")))
                throw new InvalidDataException($"{path} has a metadata store and no identity (node.json).");
            return new NodeIdentity { Uuid = Guid.NewGuid() };
        }

        var stored = Parse(file);
        if (stored.Format != Format)
            throw new InvalidDataException($"The metadata in {path} have format {stored.Format}; this version reads and writes format {Format}.");
        return new NodeIdentity
        {
            Uuid = stored.Uuid,
            ClusterId = stored.Cluster,
            Node = new NodeId(stored.Node),
            Incarnation = stored.Incarnation,
        };
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

    /// <summary>Replaced as a whole, so that a crash leaves the old one or the new one.</summary>
    private void Save()
    {
        var file = IdentityPath(_path);
        var next = file + ".next";
        var stored = new StoredIdentity(Format, Identity.Uuid, Identity.ClusterId, Identity.Node.Value, Identity.Incarnation);
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, stored, Json.Default.StoredIdentity);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }

    private sealed record StoredIdentity(int Format, Guid Uuid, Guid Cluster, uint Node, ulong Incarnation);

    [JsonSerializable(typeof(StoredIdentity))]
    private sealed partial class Json : JsonSerializerContext;
}
