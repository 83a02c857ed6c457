using System.Net;
using SealFs.Core.Security;
using SealFs.StorageNode.Engine;

namespace SealFs.StorageNode.Hosting;

/// <summary>How a storage node runs. Each value is the manual of the command-line option with the same name.</summary>
public sealed record NodeOptions
{
    public const int DefaultPort = 7410;

    /// <summary>Managers as host:port. Several belong to one cluster.</summary>
    public required IReadOnlyList<string> Managers { get; init; }

    /// <summary>Where metadata are kept: the identity of the node, and the metadata store. Best on a fast disk of its own.</summary>
    public required string MetadataDirectory { get; init; }

    /// <summary>Where the contents of files are kept.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Name of the node, unique in the cluster, for people. Default: host name and port.</summary>
    public string? Name { get; init; }

    /// <summary>With which TLS is spoken: to the managers, and on the data plane as <see cref="DataTls"/> says. Null: cleartext.</summary>
    public ICredentialSource? Credentials { get; init; }

    /// <summary>Encrypt the data plane over TCP. Null: where there are <see cref="Credentials"/> and the address is not a loopback one.</summary>
    public bool? DataTls { get; init; }

    /// <summary>IP address of the data plane. Addresses other than loopback are refused without <see cref="Credentials"/>, unless <see cref="Insecure"/> is set.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Port of the data plane; 0 takes any free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>host:port under which others reach the data plane, where that is not the address it listens on.</summary>
    public string? Advertise { get; init; }

    /// <summary>Path of the Unix socket for clients on this host. Null: one in the runtime directory. Empty: none.</summary>
    public string? UnixPath { get; init; }

    /// <summary>Listen on any address although nobody who asks the manager for a token has to show a certificate.</summary>
    public bool Insecure { get; init; }

    /// <summary>Failure domain of the node: copies avoid sharing one.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Share of the shards against other nodes of the same capacity; 1 is ordinary.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Memory of the metadata engine.</summary>
    public MetadataEngineOptions Engine { get; init; } = new();

    /// <summary>Names, attributes and small files are on stable storage after this time at the latest, fsync or not.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Entries of a directory, or of one of its partitions, beyond which it is split.</summary>
    public ulong SplitThreshold { get; init; } = new Transactions.TransactionOptions().SplitThreshold;

    /// <summary>Threads that receive and execute requests.</summary>
    public int LoopThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>Port of /metrics and /healthz; 0 takes any free one, -1 leaves it out.</summary>
    public int MetricsPort { get; init; } = -1;

    /// <summary>Free bytes of the metadata disk below which nothing is added any more; removing goes on.</summary>
    public long MetadataReserveBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// How often the node looks for data that no file needs, as a client leaves it that dies while it writes. They go when they were seen twice in a row: after between one
    /// and two intervals.
    /// </summary>
    public TimeSpan CollectInterval { get; init; } = Purge.PurgeLimits.CollectorInterval;

    /// <summary>How long files that lose their last name after a start are kept for clients that may have them open.</summary>
    public TimeSpan ReassertTime { get; init; } = Shards.NodeLimits.ReassertTime;

    /// <summary>How long a client that fills a directory counts on being the only one; 0 for never. No more than <see cref="Core.Messages.NameLease.DurationMs"/>, which clients count with.</summary>
    public TimeSpan NameLeaseTime { get; init; } = TimeSpan.FromMilliseconds(Core.Messages.NameLease.DurationMs);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The data plane speaks TLS.</summary>
    internal bool EncryptsData => Credentials is not null && (DataTls ?? !(IPAddress.TryParse(ListenAddress, out var address) && IPAddress.IsLoopback(address)));

    /// <exception cref="ArgumentException">A value makes no sense; the message names it.</exception>
    internal void Validate()
    {
        Require(Managers.Count > 0, "A storage node needs the address of a manager.");
        Require(!string.IsNullOrWhiteSpace(MetadataDirectory), "A storage node needs a metadata directory.");
        Require(!string.IsNullOrWhiteSpace(DataDirectory), "A storage node needs a data directory.");
        Require(DataTls != true || Credentials is not null, "The data plane can be encrypted with certificates only (--tls-dir).");
        Require(Port is >= 0 and <= 65_535, $"Port {Port} is no port number.");
        Require(MetricsPort is >= -1 and <= 65_535, $"Metrics port {MetricsPort} is no port number.");
        Require(double.IsFinite(Weight) && Weight > 0, "The weight of a node is a positive number.");
        Require(SyncInterval > TimeSpan.Zero, "The sync interval must be positive.");
        Require(CollectInterval > TimeSpan.Zero, "The collect interval must be positive.");
        Require(ReassertTime >= TimeSpan.Zero, "The time for clients to say what they have open cannot be negative.");
        Require(LoopThreads > 0, "A node needs a thread to work on.");
        Require(Engine.CacheBytes >= 16 * 1024 * 1024, "The metadata cache must have at least 16 MiB.");
        Require(Engine.WriteBufferBytes <= Engine.CacheBytes, "The write buffers are part of the metadata cache and cannot be larger.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new ArgumentException(message);
    }
}
