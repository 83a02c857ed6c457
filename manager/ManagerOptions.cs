using System.Security.Cryptography;
using SealFs.Core;
using SealFs.Core.Placement;
using SealFs.Core.Security;

namespace SealFs.Manager;

/// <summary>Fills memory with random bytes.</summary>
public delegate void RandomFiller(Span<byte> bytes);

/// <summary>How a manager runs. Each value is the manual of the command-line option with the same name.</summary>
public sealed record ManagerOptions
{
    public const int DefaultPort = 7400;
    public const int DefaultMetricsPort = 7401;

    /// <summary>Where the manager keeps its state. Created when missing; one manager at a time may use it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>IP address to listen on. Addresses other than loopback are refused without <see cref="Credentials"/>, unless <see cref="Insecure"/> is set.</summary>
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Port of the control plane (gRPC over HTTP/2, with TLS when there are <see cref="Credentials"/>); 0 takes any free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Port of /metrics and /healthz (HTTP/1.1); 0 takes any free one, -1 leaves it out.</summary>
    public int MetricsPort { get; init; } = DefaultMetricsPort;

    /// <summary>Listen on any address without authentication: whoever reaches the port can do everything.</summary>
    public bool Insecure { get; init; }

    /// <summary>
    /// With them the control plane is served with mutual TLS: only holders of a certificate of the cluster are heard, each as its role allows. Null: cleartext. The metrics port
    /// is not affected.
    /// </summary>
    public ICredentialSource? Credentials { get; init; }

    /// <summary>Number of shards, 1 to 2^20, fixed when the cluster is created. Null: 256 for a new cluster, and what it has for an existing one.</summary>
    public uint? Shards { get; init; }

    /// <summary>The map is built when this many nodes have registered.</summary>
    public int ExpectedNodes { get; init; } = 1;

    /// <summary>Copies of every shard. Only 1 is supported.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>How long a node may serve after a heartbeat, and how long the manager waits before it declares it dead.</summary>
    public TimeSpan NodeLease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a node that has nothing urgent sends a heartbeat.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the manager waits after a node has come before it moves shards to it, so that nodes that come together are planned for together.</summary>
    public TimeSpan GrowthDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A move onto a node that is dead for longer than this is given up. A node that restarts finds its copy again.</summary>
    public TimeSpan MovePatience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a client's session lives without being renewed.</summary>
    public TimeSpan SessionLease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a token is good for. Renewed with the session; nodes that cannot reach the manager go on accepting those that were good when they heard it last.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The clock: leases by its monotonic side, creation times and token expiry by its wall-clock side.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where the manager's own work runs.</summary>
    public TaskFactory Tasks { get; init; } = BackgroundTasks.Default;

    /// <summary>Fills in keys and ids that nobody may guess.</summary>
    public RandomFiller FillRandom { get; init; } = RandomNumberGenerator.Fill;

    /// <exception cref="ArgumentException">A value makes no sense; the message names it.</exception>
    internal void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(DataDirectory), "The manager needs a data directory.");
        Require(Port is >= 0 and <= 65_535, $"Port {Port} is no port number.");
        Require(MetricsPort is >= -1 and <= 65_535, $"Metrics port {MetricsPort} is no port number.");
        Require(
            Shards is null or (>= 1 and <= PlacementLimits.MaxShards),
            $"A cluster has 1 to {PlacementLimits.MaxShards} shards, not {Shards}.");
        Require(ExpectedNodes is >= 1 and <= PlacementLimits.MaxNodes, $"A cluster has 1 to {PlacementLimits.MaxNodes} nodes, not {ExpectedNodes}.");
        Require(Copies is >= 1 and <= PlacementLimits.MaxCopies, $"A shard has 1 to {PlacementLimits.MaxCopies} copies, not {Copies}.");
        Require(Copies == 1, $"{Copies} copies were asked for, but this version keeps one copy of every shard: replication is not supported.");
        Require(HeartbeatInterval > TimeSpan.Zero, "The heartbeat interval must be positive.");
        Require(NodeLease >= 3 * HeartbeatInterval, "A node's lease must last at least three heartbeat intervals: one lost heartbeat must not end it.");
        Require(GrowthDelay >= TimeSpan.Zero, "The growth delay cannot be negative.");
        Require(MovePatience >= TimeSpan.Zero, "The patience with moves cannot be negative.");
        Require(SessionLease > TimeSpan.Zero, "The session lease must be positive.");
        Require(TokenLifetime >= SessionLease, "A token must live at least as long as a session's lease.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new ArgumentException(message);
    }
}
